package config

import (
	"crypto/tls"
	"math"
	"path/filepath"
	"strings"
	"time"
)

// Web is the [web] section.
type Web struct {
	// Enabled is false with mode = none: nothing listens.
	Enabled     bool
	Bind        []Bind
	DefaultPort string
	Backlog     int // of connections that wait to be accepted

	IdleTimeout           time.Duration // of clients; 0: none
	FirstRequestTimeout   time.Duration
	AcceptStreamEvery     time.Duration // least time between two new children; 0: no limit
	MaxSockets            int
	RespectDoNotTrack     bool
	XFrameOptions         string // empty: the header is not sent
	BearerTokenProtection bool

	Gzip      bool
	GzipLevel int // 1-9

	// SSLKey and SSLCertificate are PEM files. Without both of them there is
	// no TLS.
	SSLKey         string
	SSLCertificate string
	// MaxTLSVersion is the highest version offered, as a constant of
	// crypto/tls; 0 is the highest there is.
	MaxTLSVersion uint16

	Allow Allow
}

// Allow holds who may use what. A request has to pass Connections and the list
// of the service, in addition to the ACL of the socket.
type Allow struct {
	Connections AccessList
	Dashboard   AccessList
	Badges      AccessList
	Streaming   AccessList
	Management  AccessList
	NetdataConf AccessList
	MCP         AccessList
}

// privateNetworks is Netdata's default for who may read the configuration.
const privateNetworks = "localhost fd* 10.* 192.168.* " +
	"172.16.* 172.17.* 172.18.* 172.19.* 172.20.* 172.21.* 172.22.* 172.23.* " +
	"172.24.* 172.25.* 172.26.* 172.27.* 172.28.* 172.29.* 172.30.* 172.31.* UNKNOWN"

// DefaultKey is the file of [web] ssl key in a configuration directory that names none.
func DefaultKey(dir string) string { return filepath.Join(dir, "ssl", "key.pem") }

// DefaultCertificate is the file of [web] ssl certificate in a configuration directory that names none.
func DefaultCertificate(dir string) string { return filepath.Join(dir, "ssl", "cert.pem") }

func defaultWeb(dir string) Web {
	list := func(from string, dns DNS) AccessList {
		p, _ := parsePattern(from)
		return AccessList{From: p, ByDNS: dns}
	}
	return Web{
		Enabled:             true,
		Bind:                []Bind{{Network: "tcp", Port: DefaultPort, ACL: ACLAll}},
		DefaultPort:         DefaultPort,
		Backlog:             4096,
		IdleTimeout:         time.Minute,
		FirstRequestTimeout: time.Minute,
		MaxSockets:          5000,
		Gzip:                true,
		GzipLevel:           3,
		SSLKey:              DefaultKey(dir),
		SSLCertificate:      DefaultCertificate(dir),
		MaxTLSVersion:       tls.VersionTLS13,
		Allow: Allow{
			Connections: list("localhost *", DNSHeuristic),
			Dashboard:   list("localhost *", DNSHeuristic),
			Badges:      list("*", DNSHeuristic),
			Streaming:   list("*", DNSHeuristic),
			Management:  list("localhost", DNSHeuristic),
			NetdataConf: list(privateNetworks, DNSNo),
			MCP:         list("localhost *", DNSHeuristic),
		},
	}
}

func (w *Web) read(r *reader) {
	web := func(options ...string) []name { return in("web", options...) }
	seconds := duration(time.Second, 0)

	set(r, &w.Enabled, parseWebMode, web("mode"))
	set(r, &w.DefaultPort, parsePort, old(web("default port"), "global", "port", "default port"))
	w.readBind(r)
	set(r, &w.Backlog, intBetween(1, math.MaxInt32), old(web("listen backlog"), "global", "http port listen backlog"))
	set(r, &w.IdleTimeout, seconds, append(
		old(web("disconnect idle clients after"), "global", "disconnect idle web clients after seconds"),
		web("disconnect idle clients after seconds")...))
	set(r, &w.FirstRequestTimeout, duration(time.Second, time.Second), web("timeout for first request"))
	set(r, &w.AcceptStreamEvery, seconds,
		web("accept a streaming request every", "accept a streaming request every seconds"))
	set(r, &w.MaxSockets, intBetween(1, math.MaxInt32), web("web server max sockets"))
	set(r, &w.RespectDoNotTrack, parseBool,
		old(web("respect do not track policy"), "global", "respect web browser do not track policy"))
	set(r, &w.XFrameOptions, parseText,
		old(web("x-frame-options response header"), "global", "web x-frame-options header"))
	set(r, &w.BearerTokenProtection, parseBool, web("bearer token protection"))

	set(r, &w.Gzip, parseBool, old(web("enable gzip compression"), "global", "enable web responses gzip compression"))
	set(r, &w.GzipLevel, intBetween(1, 9), old(web("gzip compression level"), "global", "web compression level"))
	setting(r, only("default", "Go's gzip has no strategies to choose from"),
		old(web("gzip compression strategy"), "global", "web compression strategy"))

	set(r, &w.SSLKey, parseText, web("ssl key"))
	set(r, &w.SSLCertificate, parseText, web("ssl certificate"))
	set(r, &w.MaxTLSVersion, parseTLSVersion, web("tls version"))
	setting(r, only("none", "the cipher suites are those of Go's TLS"), web("tls ciphers"))

	w.Allow.read(r)
	r.ignore("web", "web server threads", "ssl skip certificate verification", "ses max window",
		"des max window", "ses max tg_des_window", "des max tg_des_window", "web files owner", "web files group")
}

// readBind reads the addresses to listen on. There is no falling back to all
// addresses when the ones asked for are wrong.
func (w *Web) readBind(r *reader) {
	names := old(in("web", "bind to"), "global", "bind socket to IP", "bind to")
	var bad error
	bind := setting(r, func(s string) ([]Bind, error) {
		var binds []Bind
		binds, bad = ParseBinds(s, w.DefaultPort)
		return binds, nil
	}, names)
	if !bind.Set() {
		w.Bind[0].Port = w.DefaultPort
		return
	}
	w.Bind = bind.Value
	r.origins[names[0]] = bind.Origin
	r.reportEach(bind.Origin, bad)
	for _, b := range w.Bind {
		if b.Interface != "" && !strings.Contains(b.Host, ":") {
			o := Option{Name: bind.Origin.Option, Line: bind.Origin.Line}
			r.report(bind.Origin.Section, o, Warning,
				"%s: Netdata uses an interface with IPv6 addresses only", excerpt(b.String()))
		}
	}
}

// parseWebMode returns whether there is a web server at all. Its kinds differ
// in threads, of which there is nothing to choose here.
func parseWebMode(s string) (bool, error) {
	switch s {
	case "none":
		return false, nil
	case "static-threaded", "static", "single-threaded", "single", "multi-threaded", "multi":
		return true, nil
	}
	return true, warningf("%s counts as static-threaded; to listen nowhere use none", excerpt(s))
}

// only returns the parser of a setting whose values other than the usual one have
// no effect.
func only(usual, why string) parser[string] {
	return func(s string) (string, error) {
		if s != usual {
			return "", warningf("has no effect: %s", why)
		}
		return s, nil
	}
}

// parseTLSVersion parses a protocol version. As in Netdata what is not known
// means the highest.
func parseTLSVersion(s string) (uint16, error) {
	switch s {
	case "1", "1.0":
		return tls.VersionTLS10, nil
	case "1.1":
		return tls.VersionTLS11, nil
	case "1.2":
		return tls.VersionTLS12, nil
	case "1.3":
		return tls.VersionTLS13, nil
	}
	return 0, warningf("%s is not one of 1.0, 1.1, 1.2, 1.3 and counts as the highest there is", excerpt(s))
}

func (a *Allow) read(r *reader) {
	for _, list := range []struct {
		what string
		list *AccessList
	}{
		{"connections", &a.Connections},
		{"dashboard", &a.Dashboard},
		{"badges", &a.Badges},
		{"streaming", &a.Streaming},
		{"management", &a.Management},
		{"netdata.conf", &a.NetdataConf},
		{"mcp", &a.MCP},
	} {
		set(r, &list.list.From, parsePattern, in("web", "allow "+list.what+" from"))
		set(r, &list.list.ByDNS, parseDNS, in("web", "allow "+list.what+" by dns"))
	}
}
