package agenttest

import (
	"crypto/rand"
	"fmt"
	"maps"
	mathrand "math/rand/v2"
	"net"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// config is a Netdata ini file: section, option, value.
type config map[string]map[string]string

// merge overrides c with the options of over.
func (c config) merge(over map[string]map[string]string) {
	for section, options := range over {
		if c[section] == nil {
			c[section] = make(map[string]string)
		}
		maps.Copy(c[section], options)
	}
}

// String is the file, sections and options in order.
func (c config) String() string {
	var b strings.Builder
	for _, section := range slices.Sorted(maps.Keys(c)) {
		fmt.Fprintf(&b, "[%s]\n", section)
		for _, option := range slices.Sorted(maps.Keys(c[section])) {
			fmt.Fprintf(&b, "    %s = %s\n", option, c[section][option])
		}
	}
	return b.String()
}

// commonConfig is netdata.conf of every agent here: quiet, on its own, without
// the external plugins.
func commonConfig(hostname, mode string) config {
	return config{
		"global": {
			"hostname": hostname,
			// Both would need privileges, and starve the agent on a busy machine.
			"process scheduling policy": "keep",
			"OOM score":                 "keep",
		},
		"db":       {"mode": mode, "update every": "1", "storage tiers": "1"},
		"logs":     {"errors flood protection period": "0", "access": "none"},
		"health":   {"enabled": "no"},
		"ml":       {"enabled": "no"},
		"registry": {"enabled": "no"},
		"statsd":   {"enabled": "no"},
		"plugins": {
			"enable running new plugins": "no",

			"apps": "no", "cgroups": "no", "charts.d": "no", "checks": "no", "cups": "no",
			"diskspace": "no", "ebpf": "no", "fping": "no", "go.d": "no", "ioping": "no",
			"nfacct": "no", "perf": "no", "python.d": "no", "slabinfo": "no", "tc": "no",
		},
	}
}

// writeFiles makes the agent's directories and writes netdata.conf and
// stream.conf with what depends on the place.
func (a *Agent) writeFiles(netdata, stream config) error {
	for _, dir := range []string{"etc", "lib/registry", "lib/lock", "cache", "log", "run"} {
		if err := os.MkdirAll(a.path(dir), 0o755); err != nil {
			return err
		}
	}
	me, err := user.Current()
	if err != nil {
		return fmt.Errorf("find the user to run as: %w", err)
	}
	netdata.merge(config{
		"global": {"run as user": me.Username},
		"web":    {"bind to": a.addr},
		"directories": {
			"config":   a.path("etc"),
			"log":      a.path("log"),
			"cache":    a.path("cache"),
			"lib":      a.path("lib"),
			"home":     a.path("lib"),
			"lock":     a.path("lib", "lock"),
			"registry": a.path("lib", "registry"),
		},
	})
	files := map[string]string{
		a.path("etc", "netdata.conf"): netdata.String(),
		a.path("etc", "stream.conf"):  stream.String(),
		// An empty file of this name keeps the agent from phoning home.
		a.path("etc", ".opt-out-from-anonymous-statistics"): "",
	}
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// writeGUID gives the agent its machine GUID, which it keeps in a file.
func (a *Agent) writeGUID(guid string) error {
	return os.WriteFile(a.path("lib", "registry", "netdata.public.unique.id"), []byte(guid), 0o644)
}

// NewGUID returns a random GUID in lower case, for a machine or an API key.
func NewGUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// FreeAddr returns a loopback host:port on which nothing listens. The port is
// below the range from which the kernel takes ports for outgoing connections
// (32768 and up), so it can be closed and bound again later.
func FreeAddr(t testing.TB) string {
	t.Helper()
	var err error
	for range 100 {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(20000+mathrand.IntN(12000)))
		var l net.Listener
		if l, err = net.Listen("tcp", addr); err == nil {
			l.Close()
			return addr
		}
	}
	t.Fatalf("find a free port: %v", err)
	return ""
}
