// Package machine finds out what the machine it runs on is: its operating system, its kernel, what it is built of. The
// facts have the names under which Netdata agents send them to their parents.
package machine
