// Package config reads the configuration files of a Netdata parent into typed
// settings: stream.conf, and foster.conf in the dialect of netdata.conf.
//
// Parsing is pure: no sockets, no clock, no name is looked up. Nothing in a
// file is fatal. What cannot be used is reported as a Problem that names file
// and line, and the setting keeps its default; only a listening address that
// cannot be parsed has no default to fall back to. Every spelling of a setting
// that a Netdata version between v1.29 and v2.11 reads is accepted.
package config
