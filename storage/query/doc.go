// Package query answers data queries with the semantics of Netdata: which rows a window has, which samples a row is made
// of, and how they become one value.
//
// It is pure: it reads points from cursors and knows neither the clock, nor where points are stored, nor how answers are
// printed. A query is made in two steps. Request.Window says which rows are wanted, and of which points they need; Run
// reads the points of each metric and returns the rows as columns, which Aggregate groups.
//
// The rules were observed in netdata v1.37.1 and v2.11.0 (there src/web/api/queries). Where the two differ, or where
// both are wrong, the place says so.
package query
