// Package receiver is the parent's side of streaming: it admits children, decodes what they send, keeps the catalog and
// the store up to date with it, and asks for the history that is missing.
//
// Each child has one goroutine, which owns all parse state of its connection. Samples go from the bytes of a line to the
// store without a lock and without an allocation; they are committed in batches, when a batch is full or the child falls
// silent for a moment. The points of a chart at one time are always committed together, so that a crash at any moment
// leaves a chart either with all of a point or with none of it, and the next connection asks for the rest.
//
// The behaviour follows netdata v2.11.0 src/streaming and src/plugins.d, and v1.37.1 streaming for older children.
package receiver
