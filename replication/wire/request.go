package wire

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
)

// MaxRequest is the largest STREAM request accepted, headers included, in bytes (as agents send and accept).
const MaxRequest = 8192

// Request is the STREAM request with which a child connects. See netdata v2.11.0 src/streaming/stream-receiver-connection.c.
type Request struct {
	Key              string // API key, as sent
	Hostname         string
	RegistryHostname string
	MachineGUID      string // as sent
	UpdateEvery      int64  // seconds, 0 when not told
	OS               string
	Timezone         string
	AbbrevTimezone   string
	UTCOffset        int64 // seconds
	Hops             int64
	BadHops          bool  // hops is not a sane number
	Version          int64 // protocol version or capability bits
	MLCapable        bool
	MLEnabled        bool
	Tags             string
	SystemInfo       map[string]string // NETDATA_* parameters by name
	ProgramName      string            // from User-Agent
	ProgramVersion   string
}

// ErrNotStream says that a request is not a STREAM request.
var ErrNotStream = errors.New("not a STREAM request")

// ParseRequest decodes a STREAM request: the request line and headers, up to and without the blank line. It is lenient
// as agents are: the query may hold raw blanks, parameters come in any order, unknown ones are ignored, a value that
// does not decode is taken as it is.
func ParseRequest(raw []byte) (Request, error) {
	line, headers, _ := bytes.Cut(raw, []byte("\n"))
	query, found := bytes.CutPrefix(line, []byte("STREAM "))
	if !found {
		return Request{}, ErrNotStream
	}
	if i := bytes.Index(query, []byte(" HTTP/")); i >= 0 {
		query = query[:i]
	}
	r := Request{Hops: 1, ProgramName: "unknown", ProgramVersion: "unknown", SystemInfo: map[string]string{}}
	version, legacy := "", false
	seen := make(map[string]bool)
	for pair := range bytes.SplitSeq(bytes.TrimSpace(query), []byte("&")) {
		name, raw, _ := bytes.Cut(pair, []byte("="))
		value := cleanValue(unescape(raw))
		n := cleanValue(unescape(name)) // a Netdata parent decodes before it splits, hence names too
		if n == "" || value == "" || seen[n] {
			continue
		}
		seen[n] = true // of a repeated parameter the first value that is not empty counts
		set := func(field *string) { *field = value }
		number := func(field *int64) {
			if n, ok := ParseInt([]byte(value)); ok {
				*field = n
			}
		}
		switch n {
		case "key":
			set(&r.Key)
		case "hostname":
			set(&r.Hostname)
		case "registry_hostname":
			set(&r.RegistryHostname)
		case "machine_guid":
			set(&r.MachineGUID)
		case "update_every":
			number(&r.UpdateEvery)
		case "os":
			set(&r.OS)
		case "timezone":
			set(&r.Timezone)
		case "abbrev_timezone":
			set(&r.AbbrevTimezone)
		case "utc_offset":
			number(&r.UTCOffset)
		case "hops":
			if h, err := strconv.ParseInt(value, 10, 32); err != nil || h < -1 || h > 1000 {
				r.BadHops = true
			} else {
				r.Hops = h
			}
		case "ml_capable":
			r.MLCapable = value == "1"
		case "ml_enabled":
			r.MLEnabled = value == "1"
		case "tags":
			set(&r.Tags)
		case "ver":
			set(&version)
		case "NETDATA_PROTOCOL_VERSION":
			legacy = true
		default:
			if strings.HasPrefix(n, "NETDATA_") {
				r.SystemInfo[n] = value
			}
		}
	}
	switch n, err := strconv.ParseInt(version, 10, 64); {
	case err == nil && n >= 0:
		r.Version = n
	case legacy:
		r.Version = 1
	}
	if r.RegistryHostname == "" {
		r.RegistryHostname = r.Hostname
	}
	if r.UpdateEvery < 0 || r.UpdateEvery > MaxUpdateEvery {
		r.UpdateEvery = 0
	}
	for header := range bytes.SplitSeq(headers, []byte("\n")) {
		name, value, found := bytes.Cut(header, []byte(":"))
		if !found || !strings.EqualFold(string(bytes.TrimSpace(name)), "User-Agent") {
			continue
		}
		program, version, found := strings.Cut(cleanValue(strings.TrimSpace(string(value))), "/")
		if program != "" {
			r.ProgramName = program
		}
		if found && version != "" {
			r.ProgramVersion = version
		}
	}
	return r, nil
}

// cleanValue returns s as valid UTF-8 without control characters, so that it can be logged and printed as JSON.
func cleanValue(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(s, "_"))
}

// unescape decodes %XX and '+'; a bad escape stays as it is.
func unescape(b []byte) string {
	if bytes.IndexByte(b, '%') < 0 && bytes.IndexByte(b, '+') < 0 {
		return string(b)
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '+':
			out = append(out, ' ')
		case b[i] == '%' && i+2 < len(b) && isHex(b[i+1]) && isHex(b[i+2]):
			u, _ := parseHex(b[i+1 : i+3])
			out = append(out, byte(u))
			i += 2
		default:
			out = append(out, b[i])
		}
	}
	return string(out)
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
