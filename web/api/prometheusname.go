package api

import "strings"

// appendName appends s as a part of the name of a metric or label: letters and digits stay, all else becomes _.
func appendName(b []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			b = append(b, c)
		} else {
			b = append(b, '_')
		}
	}
	return b
}

// appendLabelValue appends s in quotes as the text format wants the value of a label.
func appendLabelValue(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		escaped := ""
		switch s[i] {
		case '"':
			escaped = `\"`
		case '\\':
			escaped = `\\`
		case '\n':
			escaped = `\n`
		default:
			continue
		}
		b = append(b, s[start:i]...)
		b = append(b, escaped...)
		start = i + 1
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// appendHelp appends s as the text of a HELP comment.
func appendHelp(b []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; c {
		case '\\':
			b = append(b, `\\`...)
		case '\n':
			b = append(b, `\n`...)
		default:
			b = append(b, c)
		}
	}
	return b
}

// oldUnits are the units of agents before v1.12 by those of today.
var oldUnits = map[string]string{
	"KiB/s":                  "kilobytes/s",
	"MiB/s":                  "MB/s",
	"GiB/s":                  "GB/s",
	"KiB":                    "KB",
	"MiB":                    "MB",
	"GiB":                    "GB",
	"inodes":                 "Inodes",
	"percentage":             "percent",
	"faults/s":               "page faults/s",
	"KiB/operation":          "kilobytes per operation",
	"milliseconds/operation": "ms per operation",
}

// appendUnits appends units as a part of the name of a metric: _kilobits_persec for kilobits/s, _percent for %.
func appendUnits(b []byte, units string, old bool) []byte {
	if old {
		if o, ok := oldUnits[units]; ok {
			units = o
		}
	}
	if units == "%" {
		return append(b, "_percent"...)
	}
	b = append(b, '_')
	rate := strings.HasSuffix(units, "/s")
	if rate {
		units = units[:len(units)-len("/s")]
	}
	b = appendName(b, units)
	if rate {
		b = append(b, "_persec"...)
	}
	return b
}
