package api

import (
	"cmp"
	"strings"

	"foster/replication/wire"
	"foster/storage/catalog"
)

// buildInfo are the features of this parent, by the names agents have for them.
const buildInfo = "dbengine|Native HTTPS|TLS Host Verification|Stream Compression|lz4|zstd|gzip|brotli"

// systemFacts are the keys of info that repeat what a host says of its system when it connects, in order.
var systemFacts = []struct {
	key, fact string
	optional  bool // left out when the host did not say it, else empty
}{
	{"os_name", "NETDATA_SYSTEM_OS_NAME", false},
	{"os_id", "NETDATA_SYSTEM_OS_ID", false},
	{"os_id_like", "NETDATA_SYSTEM_OS_ID_LIKE", false},
	{"os_version", "NETDATA_SYSTEM_OS_VERSION", false},
	{"os_version_id", "NETDATA_SYSTEM_OS_VERSION_ID", false},
	{"os_detection", "NETDATA_SYSTEM_OS_DETECTION", false},
	{"cores_total", "NETDATA_SYSTEM_CPU_LOGICAL_CPU_COUNT", false},
	{"total_disk_space", "NETDATA_SYSTEM_TOTAL_DISK_SIZE", false},
	{"cpu_freq", "NETDATA_SYSTEM_CPU_FREQ", false},
	{"ram_total", "NETDATA_SYSTEM_TOTAL_RAM", false},
	{"container_os_name", "NETDATA_CONTAINER_OS_NAME", true},
	{"container_os_id", "NETDATA_CONTAINER_OS_ID", true},
	{"container_os_id_like", "NETDATA_CONTAINER_OS_ID_LIKE", true},
	{"container_os_version", "NETDATA_CONTAINER_OS_VERSION", true},
	{"container_os_version_id", "NETDATA_CONTAINER_OS_VERSION_ID", true},
	{"container_os_detection", "NETDATA_CONTAINER_OS_DETECTION", true},
	{"is_k8s_node", "NETDATA_HOST_IS_K8S_NODE", true},
	{"kernel_name", "NETDATA_SYSTEM_KERNEL_NAME", false},
	{"kernel_version", "NETDATA_SYSTEM_KERNEL_VERSION", false},
	{"architecture", "NETDATA_SYSTEM_ARCHITECTURE", false},
	{"virtualization", "NETDATA_SYSTEM_VIRTUALIZATION", false},
	{"virt_detection", "NETDATA_SYSTEM_VIRT_DETECTION", false},
	{"container", "NETDATA_SYSTEM_CONTAINER", false},
	{"container_detection", "NETDATA_SYSTEM_CONTAINER_DETECTION", false},
	{"cloud_provider_type", "NETDATA_INSTANCE_CLOUD_TYPE", true},
	{"cloud_instance_type", "NETDATA_INSTANCE_CLOUD_INSTANCE_TYPE", true},
	{"cloud_instance_region", "NETDATA_INSTANCE_CLOUD_INSTANCE_REGION", true},
}

// identity is what info and charts tell of a host, be it a child or the parent itself.
type identity struct {
	guid, hostname, version string
	os, timezone            string
	updateEvery             int64
	memoryMode              string
	system                  map[string]string
	labels                  []wire.Label
	functions               map[string]wire.Function
	charts                  []*catalog.Chart
}

func (a *API) identify(h *catalog.Host) identity {
	self := &a.opt.Self
	if h == nil {
		return identity{
			guid: self.GUID, hostname: self.Hostname, version: self.Version, os: self.OS, timezone: self.Timezone,
			updateEvery: 1, memoryMode: self.MemoryMode, system: self.SystemInfo,
			labels: []wire.Label{{Name: "_is_parent", Value: "true"}},
		}
	}
	info := h.Info()
	return identity{
		guid: h.GUID, hostname: info.Hostname, version: info.ProgramVersion, os: info.OS, timezone: info.Timezone,
		updateEvery: max(1, info.UpdateEvery), memoryMode: cmp.Or(info.MemoryMode, self.MemoryMode), system: info.SystemInfo,
		labels: h.Labels(), functions: h.Functions(), charts: h.Charts(),
	}
}

// releaseChannel returns the channel of a version: nightly ones have a number of commits behind a dash.
func releaseChannel(version string) string {
	if strings.Contains(version, "-") {
		return "nightly"
	}
	return "stable"
}

// info answers /api/v1/info: what a host is, and the hosts and figures of the parent.
func (a *API) info(rp *reply, rq *request) {
	id, self, hosts := a.identify(rq.host), &a.opt.Self, a.catalog.Hosts()
	rp.open('{')
	rp.keyString("version", id.version)
	rp.keyString("uid", id.guid)
	rp.keyInt("hosts-available", int64(len(hosts)+1))
	rp.keyOpen("mirrored_hosts", '[')
	rp.string(self.Hostname)
	for _, h := range hosts {
		rp.string(h.Info().Hostname)
	}
	rp.close(']')
	rp.keyOpen("mirrored_hosts_status", '[')
	names := map[string]int{self.Hostname: 1}
	for _, h := range hosts {
		names[h.Info().Hostname]++
	}
	served := func(guid, name string) ambiguity {
		if names[name] < 2 {
			return unambiguous
		}
		if h, _ := a.find(name); h == nil && guid == self.GUID || h != nil && h.GUID == guid {
			return servesName
		}
		return byGUIDOnly
	}
	rp.mirrored(self.GUID, self.Hostname, true, &catalog.HostInfo{}, served(self.GUID, self.Hostname))
	for _, h := range hosts {
		info := h.Info()
		rp.mirrored(h.GUID, info.Hostname, h.Connection() != nil, info, served(h.GUID, info.Hostname))
	}
	rp.close(']')
	rp.alarmTotals(a.opt.Alerts.Counts(a.healthGUID(rq)))
	for _, f := range systemFacts {
		if value, known := id.system[f.fact]; known || !f.optional {
			rp.keyString(f.key, value)
		}
	}
	rp.keyOpen("host_labels", '{')
	for _, l := range id.labels {
		rp.keyString(l.Name, l.Value)
	}
	rp.close('}')
	rp.key("functions")
	rp.functionList(id.functions)
	rp.collectors(id.charts)
	for _, key := range []string{"cloud-enabled", "cloud-available", "agent-claimed", "aclk-available"} {
		rp.keyBool(key, false)
	}
	rp.keyString("memory-mode", id.memoryMode)
	rp.keyInt("multidb-disk-quota", self.DiskQuota)
	rp.keyInt("page-cache-size", 0)
	rp.keyBool("web-enabled", true)
	rp.keyBool("stream-enabled", false)
	rp.keyBool("stream-compression", a.opt.Compression())
	rp.keyBool("https-enabled", a.opt.HTTPS())
	rp.keyString("buildinfo", buildInfo)
	rp.keyString("release-channel", releaseChannel(self.Version))
	rp.keyNull("notification-methods")
	rp.keyBool("exporting-enabled", false)
	rp.keyString("exporting-connectors", "")
	rp.keyInt("allmetrics-prometheus-used", a.used.prometheus.Load())
	rp.keyInt("allmetrics-shell-used", a.used.shell.Load())
	rp.keyInt("allmetrics-json-used", a.used.json.Load())
	rp.keyInt("dashboard-used", 0)
	total := a.facts.total(rq.now)
	rp.keyInt("charts-count", int64(total.charts))
	rp.keyInt("metrics-count", int64(total.metrics))
	rp.close('}')
}

// ambiguity says what a hostname means when several hosts have it.
type ambiguity uint8

const (
	unambiguous ambiguity = iota // no other host has it
	servesName                   // /host/<hostname>/ is this host, the one seen last
	byGUIDOnly                   // /host/<hostname>/ is another host
)

// mirrored writes an element of mirrored_hosts_status. Of hosts that share a name it says which one the name stands for.
func (rp *reply) mirrored(guid, hostname string, reachable bool, info *catalog.HostInfo, served ambiguity) {
	rp.open('{')
	rp.keyString("guid", guid)
	rp.keyString("hostname", hostname)
	rp.keyBool("reachable", reachable)
	rp.keyInt("hops", info.Hops)
	rp.keyOptional("claim_id", info.ClaimID)
	rp.keyOptional("node_id", info.NodeID)
	if served != unambiguous {
		rp.keyBool("serves_hostname", served == servesName)
	}
	rp.close('}')
}

// collectors writes the distinct plugins and modules of the visible charts, in the order of the charts.
func (rp *reply) collectors(charts []*catalog.Chart) {
	type collector struct{ plugin, module string }
	seen := map[collector]bool{}
	rp.keyOpen("collectors", '[')
	for _, ch := range charts {
		c := collector{ch.Def().Plugin, ch.Def().Module}
		if c == (collector{}) || seen[c] || !ch.Visible() {
			continue
		}
		seen[c] = true
		rp.open('{')
		rp.keyString("plugin", c.plugin)
		rp.keyString("module", c.module)
		rp.close('}')
	}
	rp.close(']')
}
