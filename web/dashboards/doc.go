// Package dashboards owns the dashboards that operators save: which charts of which hosts stand on a page, in which order,
// how large, and what the page opens with. A dashboard is a file of JSON in a directory of its own, replaced as a whole, so
// that a crash leaves the old or the new one, a damaged one harms no other, and a copy of the directory is a copy of all.
//
// All are held in memory too: at most maxKept, each made of a body of at most MaxBody bytes.
package dashboards
