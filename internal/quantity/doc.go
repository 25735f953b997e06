// Package quantity parses durations and sizes as Netdata's configuration files write them.
package quantity
