// Package tier keeps points on disk. Tier 0, type Raw, holds every point as it was collected in one Prometheus TSDB for
// all hosts: a write-ahead log and a small head in memory, from which a block is cut every quarter of an hour.
//
// A series is a dimension of a chart of a host. Its labels are machine_guid, chart and dimension, its metric name is made
// from the chart's context. Names and labels that may change stay out of them, so that the history of a dimension stays
// one series; when a context changes nevertheless, reading joins the series of both.
//
// Replayed history that is older than what a series has, or than the newest half block, takes the out-of-order way of the
// TSDB. Of several points with one time a reader sees exactly one.
//
// Blocks are ordinary Prometheus blocks with XOR chunks: promtool and Prometheus read them as they are. See sample.go for
// the one peculiarity of the values.
package tier
