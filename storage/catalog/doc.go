// Package catalog holds what foster knows of hosts, charts and dimensions: their definitions, labels, variables and
// functions, the state of their connection and their newest values. It is live in memory and persisted in SQLite, so
// that the hosts of earlier runs are listed, and their data found, before they connect again.
//
// One goroutine, that of the connected child, writes the definitions and values of a host; any number read them.
// Definitions are immutable values behind atomic pointers: a reader keeps what it loaded, and the path of a sample takes
// no lock.
package catalog
