// Package silence decides which alerts are not notified, or not evaluated at all.
//
// There are three sources: the commands of Netdata's management API, kept in Netdata's health.silencers.json; silences, each
// of which ends by itself and can be taken back alone; and maintenance windows of hosts. The last two are kept in a file of
// foster's own. Both files are replaced as a whole, and a change that cannot be written is not made.
package silence
