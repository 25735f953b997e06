package config

import (
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseBinds(t *testing.T) {
	f := func(list string, want ...Bind) {
		t.Helper()
		got, err := ParseBinds(list, "19999")
		if err != nil {
			t.Errorf("ParseBinds(%q): %v", list, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("ParseBinds(%q) (-want +got):\n%s", list, d)
		}
	}
	tcp := func(host, port string) Bind { return Bind{Network: "tcp", Host: host, Port: port, ACL: ACLAll} }
	with := func(b Bind, acl ACL, ssl SSLMode) Bind {
		b.ACL, b.SSL = acl, ssl
		return b
	}

	for _, s := range []string{"*", "any", "all", "tcp:*", "tcp:", ":19999", "*:19999"} {
		f(s, tcp("", "19999"))
	}
	f("127.0.0.1", tcp("127.0.0.1", "19999"))
	f("127.0.0.1:80", tcp("127.0.0.1", "80"))
	f("tcp:parent.example.com:http", tcp("parent.example.com", "http"))
	f("[::1]", tcp("::1", "19999"))
	f("[::]:80", tcp("::", "80"))
	f("[fe80::1]%eth0:80", Bind{Network: "tcp", Host: "fe80::1", Interface: "eth0", Port: "80", ACL: ACLAll})
	f("[fe80::1%eth0]:80", Bind{Network: "tcp", Host: "fe80::1", Interface: "eth0", Port: "80", ACL: ACLAll})
	f("*%eth0.5", Bind{Network: "tcp", Interface: "eth0.5", Port: "19999", ACL: ACLAll})
	f("unix:/run/foster/foster.sock", Bind{Network: "unix", Host: "/run/foster/foster.sock", ACL: ACLAll})
	f("unix:/run/a=b:c^d", Bind{Network: "unix", Host: "/run/a=b:c^d", ACL: ACLAll})

	// Services.
	f("*=dashboard", with(tcp("", "19999"), ACLDashboard, SSLDefault))
	f("10.0.0.1:81=dashboard|registry|badges|management|streaming|netdata.conf|mcp", tcp("10.0.0.1", "81"))
	f("[::1]:81=streaming|badges", with(tcp("::1", "81"), ACLStreaming|ACLBadges, SSLDefault))

	// SSL, with and without services.
	f("*:19999=dashboard|streaming^SSL=force", with(tcp("", "19999"), ACLDashboard|ACLStreaming, SSLForce))
	f("*:19999=streaming^SSL=optional", with(tcp("", "19999"), ACLStreaming, SSLOptional))
	f("*:19999^SSL=force", with(tcp("", "19999"), ACLAll, SSLForce))
	f("*^SSL=optional", with(tcp("", "19999"), ACLAll, SSLOptional))

	// Lists.
	f("127.0.0.1 10.0.0.1:80,[::1]\t unix:/x ,",
		tcp("127.0.0.1", "19999"), tcp("10.0.0.1", "80"), tcp("::1", "19999"),
		Bind{Network: "unix", Host: "/x", ACL: ACLAll})
}

func TestParseBindsErrors(t *testing.T) {
	f := func(item, want string) {
		t.Helper()
		got, err := ParseBinds(item, "19999")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseBinds(%q): %v, want an error with %q", item, err, want)
		}
		if len(got) != 0 {
			t.Errorf("ParseBinds(%q) = %v", item, got)
		}
		// The others of a list are not lost.
		got, err = ParseBinds("127.0.0.1 "+item, "19999")
		if item != "" && (err == nil || len(got) != 1) {
			t.Errorf("ParseBinds(127.0.0.1 %q) = %v, %v", item, got, err)
		}
	}
	f("", "no address")
	f("udp:*:19999", "udp is not served")
	f("unix:", "no path")
	f("*:0", "port")
	f("*:65536", "port")
	f("*:", "empty port")
	f("*:80:90", "more than one port")
	f("::1", "brackets")
	f("[::1", "not closed")
	f("[::1]x", "after the bracket")
	f("[10.0.0.1]:80", "not an IPv6 address")
	f("[fe80::1%a]%b", "two interfaces")
	f("10.*:80", "not a host name")
	f("a/b", "not a host name")
	f("*%:80", "interface")
	f("*%averyveryverylongname", "interface")
	f("*:80=", "unknown service")
	f("*:80=^SSL=force", "unknown service")
	f("*:80=dashboard|typo", `unknown service "typo"`)
	f("*:80=dashboard^SSL=never", "neither")
	f("*:80^ssl=force", "neither")
	f("*:8!0", "port number")
	f(strings.Repeat("a", 254), "longer")
}

func TestBindAddress(t *testing.T) {
	f := func(item, network, address string) {
		t.Helper()
		bs, err := ParseBinds(item, "19999")
		if err != nil {
			t.Fatal(err)
		}
		if bs[0].Network != network || bs[0].Address() != address {
			t.Errorf("%q: %s %q, want %s %q", item, bs[0].Network, bs[0].Address(), network, address)
		}
		again, err := ParseBinds(bs[0].String(), "1")
		if err != nil || again[0] != bs[0] {
			t.Errorf("%q is printed as %q, which is %+v, %v", item, bs[0], again, err)
		}
	}
	f("*", "tcp", ":19999")
	f("127.0.0.1:http", "tcp", "127.0.0.1:http")
	f("[::1]:80=streaming|mcp^SSL=force", "tcp", "[::1]:80")
	f("[fe80::1]%eth0", "tcp", "[fe80::1%eth0]:19999")
	f("tcp:udp:80", "tcp", "udp:80")
	f("10.0.0.1%eth0^SSL=optional", "tcp", "10.0.0.1:19999")
	f("unix:/run/x", "unix", "/run/x")
}

func TestACL(t *testing.T) {
	a := ACLStreaming | ACLConfig
	if !a.Has(ACLStreaming) || a.Has(ACLDashboard) || a.Has(ACLStreaming|ACLDashboard) {
		t.Errorf("Has of %v", a)
	}
	if a.String() != "streaming|netdata.conf" || ACL(0).String() != "" {
		t.Errorf("String() = %q, %q", a, ACL(0))
	}
}

func FuzzBind(f *testing.F) {
	for _, s := range []string{
		"*:19999=dashboard|streaming^SSL=force", "[fe80::1]%eth0:http", "unix:/run/x y", "a,b c", "tcp:any=mcp",
		"udp:x", "::1", "[::ffff:1.2.3.4]:1", "*^SSL=optional", "parent:19999:SSL", "/run/x:SSL", "[::1%lo]:2:SSL",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, list string) {
		binds, err := ParseBinds(list, "19999")
		if len(binds) == 0 && err == nil {
			t.Errorf("ParseBinds(%q) has neither an address nor an error", list)
		}
		for _, b := range binds {
			if b.ACL == 0 {
				t.Errorf("%q: %+v serves nothing", list, b)
			}
			again, err := ParseBinds(b.String(), "1")
			if err != nil || len(again) != 1 || again[0] != b {
				t.Errorf("%q: %+v is printed as %q, which is %+v, %v", list, b, b.String(), again, err)
			}
			if b.Network == "tcp" {
				if _, _, err := net.SplitHostPort(b.Address()); err != nil {
					t.Errorf("%q: %v", list, err)
				}
			}
		}
		ds, _ := ParseDestinations(list, "19999")
		for _, d := range ds {
			again, err := ParseDestinations(d.String(), "1")
			if err != nil || len(again) != 1 || again[0] != d {
				t.Errorf("%q: %+v is printed as %q, which is %+v, %v", list, d, d.String(), again, err)
			}
		}
	})
}
