package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	"foster/internal/pattern"
	"foster/server/config"
)

func TestMatchPeer(t *testing.T) {
	for _, c := range []struct {
		list, ip string
		want     bool
	}{
		{"*", "10.1.2.3", true},
		{"10.*", "10.1.2.3", true},
		{"localhost", "10.1.2.3", false},
		{"!10.1.2.3 10.*", "10.1.2.3", false},
		{"!10.1.2.3 10.*", "10.1.2.4", true},
		{"localhost", "127.0.0.1", true},
		{"localhost", "127.8.8.8", true},
		{"localhost", "::1", true},
		{"localhost", "localhost", true},
		{"127.0.0.1", "127.0.0.1", true},
		{"127.0.0.1", "localhost", false}, // a unix socket has no address
		{"::1", "::1", true},
		{"10.*", "127.0.0.1", false},
		// Who refuses localhost means every way to be it.
		{"!localhost *", "127.0.0.1", false},
		{"!localhost *", "::1", false},
		{"!localhost *", "localhost", false},
		{"!localhost *", "10.1.2.3", true},
		{"!local* 127.0.0.1", "127.0.0.1", false},
		{"localhost !*", "127.0.0.1", true},
		{"!* localhost", "127.0.0.1", false},
		{"fd*", "fd00::1", true},
		{"", "127.0.0.1", false},
	} {
		if got := matchPeer(pattern.Parse(c.list, pattern.Blanks), c.ip); got != c.want {
			t.Errorf("%q allows %s: %v", c.list, c.ip, got)
		}
	}
}

type fakeConn struct {
	net.Conn
	remote net.Addr
}

func (c fakeConn) RemoteAddr() net.Addr { return c.remote }

func TestNewConn(t *testing.T) {
	tcp := config.Bind{Network: "tcp"}
	for _, c := range []struct {
		bind     config.Bind
		remote   net.Addr
		ip, addr string
	}{
		{tcp, &net.TCPAddr{IP: net.ParseIP("10.1.2.3"), Port: 4}, "10.1.2.3", "[10.1.2.3]:4"},
		{tcp, &net.TCPAddr{IP: net.ParseIP("::ffff:10.1.2.3"), Port: 4}, "10.1.2.3", "[10.1.2.3]:4"},
		{tcp, &net.TCPAddr{IP: net.ParseIP("fe80::1"), Port: 4, Zone: "eth0"}, "fe80::1", "[fe80::1]:4"},
		{config.Bind{Network: "unix", Host: "/run/s"}, &net.UnixAddr{}, "localhost", "unix:/run/s"},
	} {
		if got := newConn(fakeConn{remote: c.remote}, c.bind, resolver{}); got.ip != c.ip || got.addr != c.addr {
			t.Errorf("%v: ip %q, addr %q", c.remote, got.ip, got.addr)
		}
	}
}

// A name allows a peer only if it leads back to the address; it is looked up once in a connection, and only if it matters.
func TestAllowedByName(t *testing.T) {
	lookUps := 0
	r := resolver{
		names: func(_ context.Context, ip string) ([]string, error) {
			lookUps++
			if ip != "10.1.2.3" {
				return nil, errors.New("no such host")
			}
			return []string{"liar.example.com.", "good.example.com."}, nil
		},
		addresses: func(_ context.Context, name string) ([]string, error) {
			if name == "good.example.com." {
				return []string{"10.9.9.9", "10.1.2.3"}, nil
			}
			return []string{"10.9.9.9"}, nil
		},
	}
	for _, c := range []struct {
		list    string
		dns     config.DNS
		ip      string
		want    bool
		lookUps int
	}{
		{"good.example.com", config.DNSHeuristic, "10.1.2.3", true, 1},
		{"liar.example.com", config.DNSHeuristic, "10.1.2.3", false, 1},
		{"*.example.com", config.DNSHeuristic, "10.1.2.3", true, 1},
		{"!good* *.example.com", config.DNSHeuristic, "10.1.2.3", false, 1},
		{"good.example.com", config.DNSHeuristic, "10.7.7.7", false, 1},
		{"10.* good.example.com", config.DNSHeuristic, "10.1.2.3", true, 0},
		{"192.168.*", config.DNSHeuristic, "10.1.2.3", false, 0},
		{"good.example.com", config.DNSNo, "10.1.2.3", false, 0},
	} {
		lookUps = 0
		conn := newConn(fakeConn{remote: &net.TCPAddr{IP: net.ParseIP(c.ip), Port: 4}}, config.Bind{Network: "tcp"}, r)
		list := config.AccessList{From: pattern.Parse(c.list, pattern.Blanks), ByDNS: c.dns}
		for range 3 {
			if got := conn.allowed(t.Context(), list); got != c.want {
				t.Errorf("%q allows %s: %v", c.list, c.ip, got)
			}
		}
		if lookUps != c.lookUps {
			t.Errorf("%q, %s: %d look-ups, want %d", c.list, c.ip, lookUps, c.lookUps)
		}
	}
}

func TestService(t *testing.T) {
	for path, want := range map[string]config.ACL{
		"/":                              config.ACLDashboard,
		"/netdata.conf":                  config.ACLConfig,
		"/api/v1/data":                   config.ACLDashboard,
		"/host/a/api/v1/badge.svg":       config.ACLBadges,
		"/node/a/api/v1/badge.svg":       config.ACLBadges,
		"/api/v1/registry":               config.ACLRegistry,
		"/host/a/api/v1/manage/health":   config.ACLManagement,
		"/debug/pprof/heap":              config.ACLManagement,
		"/host/netdata.conf":             config.ACLDashboard,
		"/api/v3/stream_info":            config.ACLDashboard,
		"/host/a/host/b/api/v1/registry": config.ACLRegistry,
	} {
		if got := service(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// The allow … from lists of [web], with peers on this machine.
func TestAllowFrom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, web        string
		connects         bool
		page, management int
		streams          bool
	}{
		{"defaults", "", true, 200, 200, true},
		{"connections from elsewhere", "allow connections from = 10.*", false, 0, 0, false},
		{"connections not from here", "allow connections from = !localhost *", false, 0, 0, false},
		{"connections from here", "allow connections from = localhost", true, 200, 200, true},
		{"connections from this address", "allow connections from = 127.0.0.1", true, 200, 200, true},
		{"dashboard from elsewhere", "allow dashboard from = 10.* 192.168.*", true, 403, 200, true},
		{"dashboard not from here", "allow dashboard from = !localhost *", true, 403, 200, true},
		{"streaming not from here", "allow streaming from = !127.* *\nallow dashboard from = localhost", true, 200, 200, true},
		{"streaming not from localhost", "allow streaming from = !localhost *", true, 200, 200, false},
		{"management from elsewhere", "allow management from = 10.*", true, 200, 403, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := start(t, c.web)
			if !c.connects {
				if a, err := tryGet(t.Context(), p.plain(), "/healthz"); err == nil {
					t.Errorf("GET: %d", a.status)
				}
				if n, err := connect(t, p.plain()).Read(make([]byte, 1)); n > 0 || err == nil {
					t.Error("a connection is served")
				}
				p.log.want(t, "connection refused by [web] allow connections from")
				return
			}
			if a := get(t, p.plain(), "/healthz"); a.status != c.page {
				t.Errorf("page: %d, want %d", a.status, c.page)
			}
			if a := get(t, p.plain(), "/debug/pprof/cmdline"); a.status != c.management {
				t.Errorf("management: %d, want %d", a.status, c.management)
			}
			_, answer := stream(t, p.plain())
			if accepted(answer) != c.streams {
				t.Errorf("STREAM: %q", answer)
			}
			if !c.streams && !strings.HasPrefix(answer, "HTTP/1.1 403 Forbidden") {
				t.Errorf("STREAM is refused with %q", answer)
			}
		})
	}
}

// The lists of stream.conf follow the same rule.
func TestKeyAllowFrom(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]bool{"*": true, "localhost": true, "127.0.0.1": true, "10.*": false, "!localhost *": false} {
		t.Run(list, func(t *testing.T) {
			t.Parallel()
			p := start(t, "", func(p *parent) { p.write(t, "config/stream.conf", testStream+"    allow from = "+list+"\n") })
			if _, answer := stream(t, p.plain()); accepted(answer) != want {
				t.Errorf("STREAM: %q", answer)
			}
		})
	}
}

func TestModeNone(t *testing.T) {
	t.Parallel()
	p := start(t, "mode = none")
	if sockets := p.Sockets(); len(sockets) > 0 {
		t.Errorf("listens on %v", sockets)
	}
	if _, err := tryGet(t.Context(), p.plain(), "/healthz"); err == nil {
		t.Error("somebody answers")
	}
	p.log.want(t, "mode = none: nothing is listened on")
	// The command line wins.
	q := prepare(t, "mode = none", func(*parent) {})
	options := q.options()
	options.Listen = q.addr
	var err error
	if q.Server, err = New(options); err != nil {
		t.Fatal(err)
	}
	q.run(t)
	if a := get(t, q.plain(), "/healthz"); a.status != http.StatusOK {
		t.Errorf("GET: %d", a.status)
	}
}
