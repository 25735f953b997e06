// Package compress carries the stream between a Netdata child and its parent
// through the compression they agreed on.
//
// Whatever the algorithm, the child's side of a connection is a sequence of
// frames, a header of four bytes and a payload:
//
//	0xFA  0x80|len&0x7F  0x80|len>>7  '\n'  payload (len bytes, 14 bits)
//
// The payloads of a connection belong together: lz4 blocks refer back to the
// last 64 KiB of plain text, and zstd, gzip and brotli are one endless stream
// that is flushed after each message. After an error nothing that follows can
// be decoded, so every error of a Reader is final. The other direction, parent
// to child, is never compressed.
//
// Behaviour follows netdata v1.37.1 streaming/compression.c and v2.11.0
// src/streaming/stream-compression; where the two differ a Reader takes what
// either sends and a Writer sends what both take.
package compress

import "fmt"

// Algorithm is a compression of the stream. The zero value is None.
type Algorithm uint8

// The algorithms agents know. None is plain text without frames.
const (
	None Algorithm = iota
	LZ4
	ZSTD
	GZIP
	Brotli
)

// String returns the name used in stream.conf ("compression algorithms
// order") and in logs: none, lz4, zstd, gzip, brotli.
func (a Algorithm) String() string {
	switch a {
	case None:
		return "none"
	case LZ4:
		return "lz4"
	case ZSTD:
		return "zstd"
	case GZIP:
		return "gzip"
	case Brotli:
		return "brotli"
	}
	return fmt.Sprintf("algorithm(%d)", uint8(a))
}

// ParseAlgorithm is the inverse of String. It reports false for any other
// name; names are lower case, as in Netdata.
func ParseAlgorithm(name string) (Algorithm, bool) {
	for a := None; a <= Brotli; a++ {
		if a.String() == name {
			return a, true
		}
	}
	return None, false
}
