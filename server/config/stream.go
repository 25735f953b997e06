package config

import (
	"math"
	"strings"
	"time"

	"foster/internal/pattern"
)

const (
	maxRetention   = math.MaxInt32
	maxUpdateEvery = 86400

	minSendBuffer = 64 << 10
)

// Send is the [stream] section: this node as a child of other parents.
type Send struct {
	Enabled            bool
	Destination        []Destination
	APIKey             string // GUID in canonical form, or empty
	SendChartsMatching pattern.Pattern

	// Compression also limits what is received: it is one of the three words
	// that have to be yes, see Stream.Resolve.
	Compression      bool
	CompressionOrder []string
	BrotliLevel      int // 0-11
	ZstdLevel        int // 1-22
	GzipLevel        int // 1-9
	LZ4Acceleration  int // 1-9

	Timeout               time.Duration // without any progress
	DefaultPort           string        // of destinations
	BufferSize            uint64        // bytes
	ReconnectDelay        time.Duration
	ClockResyncIterations int

	SkipCertificateVerify bool
	CAPath                string // empty: the system's
	CAFile                string // empty: the system's
	ParentUsingH2O        bool
}

// Stream is a stream.conf.
type Stream struct {
	Send Send

	sections map[string]*guidSection
	order    []string // the GUIDs of sections, as in the file
	origins  map[name]Origin
}

// DefaultStream returns the settings of an absent stream.conf, with which no
// child may connect (netdata v2.11.0; the compression levels are those of a
// parent).
func DefaultStream() *Stream {
	return &Stream{
		Send: Send{
			SendChartsMatching:    everything(),
			Compression:           true,
			CompressionOrder:      []string{"zstd", "lz4", "brotli", "gzip"},
			BrotliLevel:           1,
			ZstdLevel:             1,
			GzipLevel:             1,
			LZ4Acceleration:       9,
			Timeout:               5 * time.Minute,
			DefaultPort:           DefaultPort,
			BufferSize:            10 * mebibyte,
			ReconnectDelay:        15 * time.Second,
			ClockResyncIterations: 60,
		},
		sections: map[string]*guidSection{},
	}
}

// NewStream reads a parsed stream.conf.
func NewStream(f *File) (*Stream, []Problem) {
	s := DefaultStream()
	r := newReader(f)
	s.Send.read(r)
	s.origins = r.origins
	names := map[string]string{} // of sections in the file, by GUID
	for _, section := range f.Sections {
		if section.Name == "stream" {
			continue
		}
		guid, ok := CanonicalGUID(section.Name)
		if !ok {
			reportNoGUID(r, section)
			continue
		}
		if first, twice := names[guid]; twice {
			at := Option{Line: section.Line}
			r.report(section.Name, at, Warning, "same GUID as section %q in line %d; both count as one", first, f.Section(first).Line)
			for _, o := range section.Options {
				f.Section(first).set(o)
			}
			continue
		}
		names[guid] = section.Name
		s.order = append(s.order, guid)
	}
	for _, guid := range s.order {
		s.sections[guid] = readGUIDSection(r, names[guid], guid, s.Send.DefaultPort)
	}
	return s, r.problems
}

// reportNoGUID reports a section that cannot be looked up. The two placeholders
// of Netdata's stock file are in every file made from it and mean no harm as
// long as nobody means to use them.
func reportNoGUID(r *reader, section *Section) {
	switch section.Name {
	case "API_KEY", "MACHINE_GUID":
		enabled, _ := section.Get("enabled")
		if yes, _ := parseBool(enabled.Value); yes {
			r.report(section.Name, enabled, Warning, "the section is a placeholder: its name has to be replaced by a GUID")
		}
		return
	}
	message := "neither \"stream\" nor a GUID, the section is not used"
	if _, ok := CanonicalGUID(trim(section.Name)); ok {
		message = "the blanks inside the brackets belong to the name, the section is not used"
	}
	r.report(section.Name, Option{Line: section.Line}, Warning, "%s", message)
}

// read reads the [stream] section.
func (s *Send) read(r *reader) {
	stream := func(options ...string) []name { return in("stream", options...) }

	set(r, &s.Enabled, parseBool, stream("enabled"))
	set(r, &s.DefaultPort, parsePort, stream("default port"))
	if d := destinations(r, s.DefaultPort, stream("destination")); d.Set() {
		s.Destination = d.Value
		r.origins[name{"stream", "destination"}] = d.Origin
	}
	set(r, &s.APIKey, parseKey, stream("api key"))
	set(r, &s.SendChartsMatching, parsePattern, stream("send charts matching"))
	set(r, &s.Compression, parseBool, stream("enable compression"))
	set(r, &s.CompressionOrder, parseCompressionOrder, stream("compression algorithms order"))
	set(r, &s.BrotliLevel, intBetween(0, 11), stream("brotli compression level"))
	set(r, &s.ZstdLevel, intBetween(1, 22), stream("zstd compression level"))
	set(r, &s.GzipLevel, intBetween(1, 9), stream("gzip compression level"))
	set(r, &s.LZ4Acceleration, intBetween(1, 9), stream("lz4 compression acceleration"))
	set(r, &s.Timeout, duration(time.Second, time.Second), stream("timeout", "timeout seconds"))
	set(r, &s.BufferSize, size(1, minSendBuffer), stream("buffer size", "buffer size bytes"))
	set(r, &s.ReconnectDelay, duration(time.Second, 5*time.Second), stream("reconnect delay", "reconnect delay seconds"))
	set(r, &s.ClockResyncIterations, intBetween(0, math.MaxInt32), stream("initial clock resync iterations"))
	set(r, &s.SkipCertificateVerify, parseBool, stream("ssl skip certificate verification"))
	set(r, &s.CAPath, parseText, stream("CApath"))
	set(r, &s.CAFile, parseText, stream("CAfile"))
	set(r, &s.ParentUsingH2O, parseBool, stream("parent using h2o"))
	r.reportUnknown("stream", nil)

	if s.Enabled {
		var missing []string
		if len(s.Destination) == 0 {
			missing = append(missing, "destination")
		}
		if s.APIKey == "" {
			missing = append(missing, "api key")
		}
		if missing != nil {
			at := r.origins[name{"stream", "enabled"}]
			r.report("stream", Option{Name: at.Option, Line: at.Line}, Error, "nothing is sent without %s", strings.Join(missing, " and "))
		}
	}
}

// KeyOptions are the settings of a GUID section that decide whether a child may
// connect with it.
type KeyOptions struct {
	GUID string // canonical
	// WrongType is set for the section of a machine used as a key, and the
	// other way round. Such a section permits nobody.
	WrongType bool
	Enabled   bool
	AllowFrom pattern.Pattern
}

// Key returns the settings of an API key. A key without a section is not
// enabled; ok tells whether it has one. A GUID in any case is found.
func (s *Stream) Key(guid string) (key KeyOptions, ok bool) {
	return s.options(guid, "api", false)
}

// Machine returns the settings of a machine GUID. A machine without a section
// is enabled; ok tells whether it has one. A GUID in any case is found.
func (s *Stream) Machine(guid string) (machine KeyOptions, ok bool) {
	return s.options(guid, "machine", true)
}

func (s *Stream) options(guid, typ string, enabled bool) (KeyOptions, bool) {
	o := KeyOptions{Enabled: enabled, AllowFrom: everything()}
	section := s.section(guid)
	if section == nil {
		o.GUID, _ = CanonicalGUID(guid)
		return o, false
	}
	o.GUID = section.guid
	o.WrongType = section.typ.Set() && section.typ.Value != typ
	if section.enabled.Set() {
		o.Enabled = section.enabled.Value
	}
	if section.allowFrom.Set() {
		o.AllowFrom = section.allowFrom.Value
	}
	return o, true
}

func (s *Stream) section(guid string) *guidSection {
	guid, ok := CanonicalGUID(guid)
	if !ok {
		return nil
	}
	return s.sections[guid]
}

// EnabledKeys returns the GUIDs that children may use as API keys, in the
// order of the file. A section without a type is among them if it is enabled,
// even if it is meant for a machine.
func (s *Stream) EnabledKeys() []string {
	var keys []string
	for _, guid := range s.order {
		if o, _ := s.Key(guid); o.Enabled && !o.WrongType {
			keys = append(keys, guid)
		}
	}
	return keys
}

// Resolve returns the settings of the child that connects with this key and
// machine GUID. A setting of the machine's section wins over that of the key's
// section, and both over defaults, as in netdata v2.11.0:
// src/streaming/stream-conf.c. Two things need the consent of all: the child is
// enabled only if key and machine are, and compression is on only if [stream],
// the key and the machine all say so.
func (s *Stream) Resolve(key, machineGUID string, defaults Child) Child {
	c := defaults.clone()
	k, _ := s.Key(key)
	m, _ := s.Machine(machineGUID)
	c.Enabled = k.Enabled && !k.WrongType && m.Enabled && !m.WrongType
	c.AllowFrom = []pattern.Pattern{k.AllowFrom, m.AllowFrom}
	c.Compression = c.Compression && s.Send.Compression
	if !s.Send.Compression {
		c.From["enable compression"] = s.origins[name{"stream", "enable compression"}]
	}
	for i, section := range []*guidSection{s.section(key), s.section(machineGUID)} {
		// A machine GUID used as a key has one section, which must not lend
		// its settings in the other role.
		if section == nil || i == 0 && k.WrongType || i == 1 && m.WrongType {
			continue
		}
		section.override(&c)
		if section.compression.Set() && !section.compression.Value {
			lay(&c, &c.Compression, section.compression, "enable compression")
		}
	}
	return c
}
