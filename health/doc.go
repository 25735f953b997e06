// Package health decides alerts: it matches definitions to the charts of all hosts, evaluates them, keeps the statuses, and
// tells which changes people must hear of.
//
// An alert is a definition on one chart of one host. The engine works in passes, one a second: each visits the hosts whose
// next alert is due, with a few workers. Nothing of it is ever waited for by those who receive data. Semantics follow netdata
// v2.11.0 src/health; docs/health.md says where they do not.
package health
