package wire

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxParameter is how many bytes of a value a request carries, before encoding. It keeps any request below MaxRequest.
const maxParameter = 200

// AppendRequest appends the STREAM request r, blank line included, in the order of netdata v2.11.0. Every value is
// encoded, which all parents since v1.29 decode; values that are empty are left out, and so is system information that
// would make the request longer than a parent takes.
func AppendRequest(b []byte, r *Request) []byte {
	start := len(b)
	b = append(b, "STREAM key="...)
	b = appendEscaped(b, r.Key)
	b = appendParameter(b, "hostname", r.Hostname)
	b = appendParameter(b, "registry_hostname", r.RegistryHostname)
	b = appendParameter(b, "machine_guid", r.MachineGUID)
	b = appendNumber(b, "update_every", max(r.UpdateEvery, 1))
	b = appendParameter(b, "os", r.OS)
	b = appendParameter(b, "timezone", r.Timezone)
	b = appendParameter(b, "abbrev_timezone", r.AbbrevTimezone)
	b = appendNumber(b, "utc_offset", r.UTCOffset)
	b = appendNumber(b, "hops", r.Hops)
	b = appendNumber(b, "ver", r.Version)
	b = appendNumber(b, "ml_capable", boolNumber(r.MLCapable))
	b = appendNumber(b, "ml_enabled", boolNumber(r.MLEnabled))
	b = appendParameter(b, "tags", r.Tags)

	headers := []byte(" HTTP/1.1\r\nUser-Agent: ")
	headers = appendHeader(headers, r.ProgramName)
	headers = append(headers, '/')
	headers = appendHeader(headers, r.ProgramVersion)
	headers = append(headers, "\r\nAccept: */*\r\n\r\n"...)

	const protocol = "&NETDATA_PROTOCOL_VERSION=1.1"
	room := MaxRequest - 1 - len(headers) - len(protocol)
	for _, name := range slices.Sorted(maps.Keys(r.SystemInfo)) {
		n := len(b)
		if b = appendParameter(b, name, r.SystemInfo[name]); len(b)-start > room {
			b = b[:n]
		}
	}
	b = append(b, protocol...)
	return append(b, headers...)
}

func boolNumber(v bool) int64 {
	if v {
		return 1
	}
	return 0
}

func appendNumber(b []byte, name string, n int64) []byte {
	b = append(append(append(b, '&'), name...), '=')
	return strconv.AppendInt(b, n, 10)
}

func appendParameter(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(b, '&')
	b = appendEscaped(b, name)
	return appendEscaped(append(b, '='), value)
}

// appendEscaped percent-encodes s. What a parent, which decodes before it takes the query apart, would mistake for a
// separator becomes '_'.
func appendEscaped(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	// A parent refuses a query that is not UTF-8.
	for _, c := range []byte(cutText(strings.ToValidUTF8(s, "_"), maxParameter)) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.', c == '~':
			b = append(b, c)
		case c < ' ' || c == 0x7f || c == '&' || c == '=':
			b = append(b, '_')
		default:
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return b
}

// appendHeader appends s, a part of a header's value.
func appendHeader(b []byte, s string) []byte {
	if s == "" {
		s = "unknown"
	}
	for _, c := range []byte(cutText(s, maxParameter)) {
		if c < ' ' || c >= 0x7f {
			c = '_'
		}
		b = append(b, c)
	}
	return b
}

// cutText returns s or its beginning of at most n bytes, not within a character.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
