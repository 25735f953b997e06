// Package healthdiff compares the alarm engine with that of a real agent: the same definitions and the same stream are given
// to Debian's netdata 1.37.1 as a parent and to foster, and both have to come to the same statuses with the same values. All
// of it is tests.
package healthdiff
