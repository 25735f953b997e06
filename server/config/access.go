package config

import (
	"fmt"
	"strings"

	"foster/internal/pattern"
)

// DNS says whether an access list is also matched against the name of a
// client's address.
type DNS uint8

const (
	// DNSHeuristic asks for the name if the list has words that cannot be
	// addresses.
	DNSHeuristic DNS = iota
	// DNSYes asks for the name whenever the address alone is not allowed.
	DNSYes
	// DNSNo never asks.
	DNSNo
)

// parseDNS parses the value of allow … by dns.
func parseDNS(s string) (DNS, error) {
	switch strings.ToLower(s) {
	case "heuristic":
		return DNSHeuristic, nil
	case "yes", "true", "on":
		return DNSYes, nil
	case "no", "false", "off":
		return DNSNo, nil
	}
	return 0, fmt.Errorf("%s is not one of heuristic, yes, no", excerpt(s))
}

// AccessList is an allow … from list with its allow … by dns.
type AccessList struct {
	From  pattern.Pattern
	ByDNS DNS
}

// UsesNames reports whether the name of a client has to be looked up, and
// verified by a lookup of that name, before it can be refused.
func (a AccessList) UsesNames() bool {
	switch a.ByDNS {
	case DNSYes:
		return true
	case DNSNo:
		return false
	}
	for word := range strings.FieldsSeq(a.From.String()) {
		switch word = strings.TrimPrefix(word, "!"); word {
		case "localhost", "UNKNOWN":
			// These two are not names but what clients without an address are
			// called.
		default:
			if strings.Trim(word, "0123456789abcdefABCDEF.:*") != "" {
				return true
			}
		}
	}
	return false
}
