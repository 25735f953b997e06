package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseDestinations(t *testing.T) {
	f := func(list string, want ...Destination) {
		t.Helper()
		got, err := ParseDestinations(list, "19999")
		if err != nil {
			t.Errorf("ParseDestinations(%q): %v", list, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("ParseDestinations(%q) (-want +got):\n%s", list, d)
		}
	}
	f("")
	f("parent", Destination{Network: "tcp", Host: "parent", Port: "19999"})
	f("tcp:203.0.113.0:20000:SSL", Destination{Network: "tcp", Host: "203.0.113.0", Port: "20000", TLS: true})
	f("parent:SSL", Destination{Network: "tcp", Host: "parent", Port: "19999", TLS: true})
	f("[2001:db8::1]:https:SSL", Destination{Network: "tcp", Host: "2001:db8::1", Port: "https", TLS: true})
	f("[fe80::1]%eth0:1", Destination{Network: "tcp", Host: "fe80::1", Interface: "eth0", Port: "1"})
	f("unix:/run/parent.sock", Destination{Network: "unix", Host: "/run/parent.sock"})
	f("/run/parent.sock:SSL", Destination{Network: "unix", Host: "/run/parent.sock", TLS: true})
	f("a:1 b,c:3",
		Destination{Network: "tcp", Host: "a", Port: "1"},
		Destination{Network: "tcp", Host: "b", Port: "19999"},
		Destination{Network: "tcp", Host: "c", Port: "3"})
}

func TestParseDestinationsErrors(t *testing.T) {
	f := func(item, want string) {
		t.Helper()
		got, err := ParseDestinations("good "+item, "19999")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseDestinations(%q): %v, want an error with %q", item, err, want)
		}
		if len(got) != 1 || got[0].Host != "good" {
			t.Errorf("ParseDestinations(%q) = %v", item, got)
		}
	}
	f("udp:parent", "udp")
	f("unix:", "no path")
	f(":19999", "no host")
	f("*", "no host")
	f("2001:db8::1", "brackets")
	f("parent:99999", "port")
	f("parent:ssl:x", "more than one port")
	f("tcp:", "no host")
}

func TestDestinationAddress(t *testing.T) {
	f := func(item, network, address string) {
		t.Helper()
		ds, err := ParseDestinations(item, "19999")
		if err != nil {
			t.Fatal(err)
		}
		if ds[0].Network != network || ds[0].Address() != address || ds[0].String() != item {
			t.Errorf("%q: %s %q, printed as %q", item, ds[0].Network, ds[0].Address(), ds[0])
		}
	}
	f("parent:1:SSL", "tcp", "parent:1")
	f("[fe80::1]%eth0:1", "tcp", "[fe80::1%eth0]:1")
	f("unix:/run/x:SSL", "unix", "/run/x")
}
