// Package history is the alert log: every transition of every alert, in a SQLite file of its own, for the API and for a
// restart, after which nothing may be notified twice and nothing forgotten.
//
// Transitions and what becomes of them are queued and written in batches by one goroutine, so that evaluation does not wait
// for the disk. A process that is killed loses the last batch at most. What is asked is answered from the file after what
// was queued before has been written, or without that while the disk takes nothing.
package history
