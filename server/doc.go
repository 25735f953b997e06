// Package server is the application: it reads the configuration, listens, tells streams from HTTP and TLS from plain,
// opens the store, and starts and stops everything in order.
package server
