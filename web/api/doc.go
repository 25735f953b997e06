// Package api answers the HTTP API: that of Netdata agents and parents, as far as it is supported, and foster's own below
// /api/foster/. Every command is found at the root, where it concerns the parent itself, and below /host/{host}/ and
// /node/{node}/, where host is a hostname or a machine GUID in any case.
//
// Shapes and texts follow netdata v2.11.0, and v1.37.1 where that is what clients parse; docs/compatibility.md has what does
// not. What Netdata ignores, unknown parameters and options, is ignored.
//
// The package reads the catalog and the store and changes neither, but for removing hosts. Work is bounded: queries run at
// most MaxQueries at a time, each for at most QueryTimeout and with at most MaxCells values, and live streams are counted
// too.
package api
