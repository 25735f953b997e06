// Package expr is the expression language of alert definitions: what stands behind calc, warn and crit.
//
// It is the grammar of agents v2. Of agents v1 it differs where theirs has defects, or binds ?: tighter than anything else;
// every definition those agents come with means the same in both. See netdata v2.11.0 src/libnetdata/eval.
package expr
