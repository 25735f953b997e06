// Package dense writes the blocks of a TSDB with fewer bytes. The chunks of a head hold two minutes of a series that has a
// point a second, and about 30 bytes of each are overhead; here a chunk holds a quarter of an hour. They are ordinary XOR chunks that
// every Prometheus reads: what makes them small is that the writer sees all values before it chooses how to write them. Those that
// are the same byte for byte are written once, however many series have them.
package dense
