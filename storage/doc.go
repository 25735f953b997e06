// Package storage is the store: what is known of hosts and charts (the catalog), and their points (the tiers). It takes
// the points of connected children, answers what is stored of a host, and opens dimensions for reading.
//
// Everything of a store lives below one directory: catalog.db, and one directory for each tier. One process uses it at a
// time.
package storage
