// Package ring keeps the newest points of hosts in rings of fixed step: in memory (memory modes ram and alloc), in memory
// and saved between runs (save), or in mapped files (map).
//
// A chart has one ring for all its dimensions. Row n holds what ends in [n·every, (n+1)·every): one word a dimension, a
// float32. The time of a row follows from its place; two bits of flags a dimension are added when the first point with a
// flag comes, and a time a row when the first point comes that does not end at a multiple of the interval. Memory is taken
// in blocks of rows as they fill, and is bounded by the number of entries.
//
// One goroutine writes a host, by its Writer; any number read. A row becomes visible as a whole. A lock is held for one
// row, or for one buffer of a reader, of one chart.
//
// The mode names are those of netdata v1.37.1 (database/README.md); the files are our own.
package ring
