// Package accept reads what a client accepts.
package accept

import (
	"net/http"
	"strconv"
	"strings"
)

// Gzip says whether the client takes answers compressed with gzip: Accept-Encoding names it, or *, and not with a weight
// of 0 (RFC 9110).
func Gzip(h http.Header) bool {
	star := false
	for _, header := range h.Values("Accept-Encoding") {
		for coding := range strings.SplitSeq(header, ",") {
			name, parameters, _ := strings.Cut(coding, ";")
			switch name = strings.TrimSpace(name); {
			case strings.EqualFold(name, "gzip"), strings.EqualFold(name, "x-gzip"):
				return weighted(parameters)
			case name == "*":
				star = weighted(parameters)
			}
		}
	}
	return star
}

// weighted says whether the parameters of a coding do not refuse it.
func weighted(parameters string) bool {
	q, found := strings.CutPrefix(strings.ToLower(strings.ReplaceAll(parameters, " ", "")), "q=")
	if !found {
		return true
	}
	weight, err := strconv.ParseFloat(q, 64)
	return err != nil || weight > 0
}
