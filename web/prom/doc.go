// Package prom answers what clients of Prometheus ask: PromQL, what series there are, remote read and federation, over the
// hosts of the store. It is served below /prometheus.
//
// A dimension of a chart is a series, a gauge. Its metric name is made from the chart's context, and its labels are joined
// from the catalog when they are asked for; labels.go says which there are. Matchers are resolved in the catalog, and only
// the points of the dimensions found are read from the store.
//
// Errors and answers have the form of the HTTP API of Prometheus (prometheus v3.15 web/api/v1).
package prom
