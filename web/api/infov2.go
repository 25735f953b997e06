package api

import (
	"fmt"
	"runtime"
	"strings"
)

// infoV2 answers /api/v2/info: what this parent is and holds.
func (a *API) infoV2(rp *reply, rq *request) {
	e := a.newEnvelope(rp, rq)
	e.agents(e.agentInfo)
	e.end()
}

// agentInfo writes what this parent is and holds.
func (e *envelope) agentInfo() {
	e.application()
	e.cloud()
	e.holdings()
	e.capabilities()
	e.keyOpen("api", '{')
	e.keyInt("version", 7)
	e.keyBool("bearer_protection", false)
	e.close('}')
	e.databaseSizes()
}

// systemGroups are the groups of facts of the parent's own system.
var systemGroups = []struct {
	group string
	facts []struct{ key, fact string }
}{
	{"os", []struct{ key, fact string }{
		{"kernel", "NETDATA_SYSTEM_KERNEL_NAME"},
		{"kernel_version", "NETDATA_SYSTEM_KERNEL_VERSION"},
		{"os", "NETDATA_SYSTEM_OS_NAME"},
		{"id", "NETDATA_SYSTEM_OS_ID"},
		{"id_like", "NETDATA_SYSTEM_OS_ID_LIKE"},
		{"version", "NETDATA_SYSTEM_OS_VERSION"},
		{"version_id", "NETDATA_SYSTEM_OS_VERSION_ID"},
		{"detection", "NETDATA_SYSTEM_OS_DETECTION"},
	}},
	{"hw", []struct{ key, fact string }{
		{"cpu_cores", "NETDATA_SYSTEM_CPU_LOGICAL_CPU_COUNT"},
		{"cpu_frequency", "NETDATA_SYSTEM_CPU_FREQ"},
		{"ram", "NETDATA_SYSTEM_TOTAL_RAM"},
		{"disk", "NETDATA_SYSTEM_TOTAL_DISK_SIZE"},
		{"cpu_architecture", "NETDATA_SYSTEM_ARCHITECTURE"},
		{"virtualization", "NETDATA_SYSTEM_VIRTUALIZATION"},
		{"virtualization_detection", "NETDATA_SYSTEM_VIRT_DETECTION"},
	}},
	{"container", []struct{ key, fact string }{
		{"container", "NETDATA_SYSTEM_CONTAINER"},
		{"container_detection", "NETDATA_SYSTEM_CONTAINER_DETECTION"},
		{"orchestrator", ""},
		{"os", "NETDATA_CONTAINER_OS_NAME"},
		{"os_id", "NETDATA_CONTAINER_OS_ID"},
		{"os_id_like", "NETDATA_CONTAINER_OS_ID_LIKE"},
		{"version", "NETDATA_CONTAINER_OS_VERSION"},
		{"version_id", "NETDATA_CONTAINER_OS_VERSION_ID"},
		{"detection", "NETDATA_CONTAINER_OS_DETECTION"},
	}},
}

// agentDirectories are the directories that agents tell of. Clients of the API have no business with foster's.
var agentDirectories = []string{
	"user_config", "stock_config", "stock_data", "ephemeral_db", "permanent_db", "plugins", "web", "logs", "locks", "home",
}

// agentPlugins are the collectors that agents may be built with. A parent has none.
var agentPlugins = []string{
	"apps", "cgroups", "cgroup-network", "proc", "tc", "diskspace", "freebsd", "macos", "macos-logs", "windows", "statsd", "timex",
	"idlejitter", "charts.d", "debugfs", "cups", "ebpf", "freeipmi", "network-viewer", "systemd-journal", "windows-events",
	"nfacct", "perf", "slabinfo", "xen", "xen-vbd-error",
}

// flag is a yes or no about the program.
type flag struct {
	name string
	on   bool
}

func (e *envelope) flags(group string, flags []flag) {
	e.keyOpen(group, '{')
	for _, f := range flags {
		e.keyBool(f.name, f.on)
	}
	e.close('}')
}

// application writes what this program is, in the groups of netdata v2.11.0.
func (e *envelope) application() {
	self := &e.api.opt.Self
	e.keyOpen("application", '{')
	e.keyOpen("package", '{')
	e.keyString("version", self.Version)
	e.keyString("type", "foster")
	e.keyString("arch", runtime.GOARCH)
	e.keyString("distro", "")
	e.keyString("configure", "")
	e.close('}')
	e.keyOpen("directories", '{')
	for _, name := range agentDirectories {
		e.keyString(name, "")
	}
	e.close('}')
	for _, g := range systemGroups {
		e.keyOpen(g.group, '{')
		for _, f := range g.facts {
			e.keyString(f.key, self.SystemInfo[f.fact])
		}
		e.close('}')
	}
	tiers := len(e.api.source.Stats().Tiers)
	e.keyOpen("features", '{')
	e.keyString("built-for", builtFor(runtime.GOOS))
	for _, f := range []flag{{"cloud", false}, {"health", e.api.opt.Alerts.Enabled(self.GUID)}, {"streaming", true}, {"back-filling", true}, {"replication", true}} {
		e.keyBool(f.name, f.on)
	}
	e.keyString("stream-compression", "lz4 zstd gzip brotli")
	e.keyBool("contexts", true)
	e.keyString("tiering", fmt.Sprint(tiers))
	e.keyBool("ml", false)
	e.keyString("allocator", "go")
	e.close('}')
	e.keyOpen("databases", '{')
	e.keyString("sqlite", "modernc")
	e.keyString("dbengine", "tsdb")
	for _, f := range []flag{{"alloc", false}, {"ram", false}, {"none", false}} {
		e.keyBool(f.name, f.on)
	}
	e.close('}')
	e.flags("connectivity", []flag{
		{"aclk-legacy", false}, {"aclk", false}, {"http-server-static", true}, {"http-server-native-tls", true},
		{"http-server-https", e.api.opt.HTTPS()}, {"tls-host-verify", true}, {"https-clients", false}, {"webrtc", false},
	})
	e.keyOpen("libs", '{')
	for _, f := range []flag{{"lz4", true}, {"zstd", true}, {"zlib", true}, {"brotli", true}} {
		e.keyBool(f.name, f.on)
	}
	e.keyString("protobuf", "")
	for _, name := range []string{"openssl", "libdatachannel", "jsonc", "libcap", "libcrypto", "libyaml", "libmnl", "stacktraces"} {
		e.keyBool(name, false)
	}
	e.close('}')
	e.keyOpen("plugins", '{')
	for _, name := range agentPlugins {
		e.keyBool(name, false)
	}
	e.close('}')
	e.flags("exporters", []flag{
		{"kinesis", false}, {"pubsub", false}, {"mongodb", false}, {"openmetrics", true}, {"prom-remote-write", false},
		{"graphite", false}, {"graphite:http", false}, {"json", false}, {"json:http", false}, {"opentsdb", false},
		{"opentsdb:http", false}, {"allmetrics", true}, {"shell", true},
	})
	e.flags("debug-n-devel", []flag{{"trace-allocations", false}, {"dev-mode", false}})
	e.keyOpen("runtime", '{')
	e.keyString("profile", "parent")
	e.keyBool("parent", true)
	e.keyBool("child", false)
	e.keyString("mem-total", self.SystemInfo["NETDATA_SYSTEM_TOTAL_RAM"])
	e.keyString("mem-available", "")
	e.close('}')
	e.close('}')
}

// builtFor returns the name of an operating system as agents write it.
func builtFor(goos string) string {
	switch goos {
	case "linux":
		return "Linux"
	case "freebsd":
		return "FreeBSD"
	case "darwin":
		return "macOS"
	case "windows":
		return "Windows"
	}
	return strings.ToUpper(goos[:1]) + goos[1:]
}

// cloud writes that this program has nothing to do with Netdata Cloud.
func (e *envelope) cloud() {
	e.keyOpen("cloud", '{')
	e.keyInt("id", 0)
	e.keyString("status", "disabled")
	e.keyInt("since", 0)
	e.keyInt("age", 0)
	e.keyString("url", "")
	e.keyString("reason", "foster does not connect to Netdata Cloud")
	e.close('}')
}

// holdings writes how many nodes, metrics, charts and contexts there are, and how many of them are being collected.
func (e *envelope) holdings() {
	hosts := e.api.catalog.Hosts()
	var receiving, archived int64
	var all, live hostCounts
	contexts := map[string]bool{} // and whether a chart of it is being collected
	for _, h := range hosts {
		connected := h.Connection() != nil
		if connected {
			receiving++
		} else {
			archived++
		}
		for _, c := range contextsOf(h).list {
			all.contexts++
			if c.live {
				live.contexts++
			}
			contexts[c.id] = contexts[c.id] || c.live
			for _, ch := range c.charts {
				dims := int64(len(ch.Dimensions()))
				all.instances++
				all.metrics += dims
				if collected(ch) {
					live.instances++
					live.metrics += dims
				}
			}
		}
	}
	e.keyOpen("nodes", '{')
	e.keyInt("total", int64(len(hosts)+1))
	e.keyInt("receiving", receiving)
	e.keyInt("sending", 0)
	e.keyInt("archived", archived)
	e.close('}')
	held := func(name string, live, all int64) {
		e.keyOpen(name, '{')
		e.keyInt("collected", live)
		e.keyInt("available", all)
		e.close('}')
	}
	held("metrics", live.metrics, all.metrics)
	held("instances", live.instances, all.instances)
	e.keyOpen("contexts", '{')
	e.keyInt("collected", live.contexts)
	e.keyInt("available", all.contexts)
	e.keyInt("unique", int64(len(contexts)))
	e.close('}')
}
