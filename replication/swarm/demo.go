package swarm

import (
	"strconv"
	"time"

	"foster/replication/wire"
)

// DemoHosts returns three hosts that look like real ones: a web server with visitors, a database with batches, a build
// machine with jobs. Each has an hour of history. The caller adds what concerns the parent: Addr, APIKey and so on.
func DemoHosts() []Options {
	web := machine{
		name: "web-01", guid: "5f0ad7c2-93f4-4b63-8c5e-0de300000001", os: "Debian GNU/Linux", id: "debian", version: "12 (bookworm)",
		kernel: "6.1.0-28-amd64", virtualization: "kvm", cores: 4, ram: 8 << 10, disks: []string{"vda"}, nic: "eth0",
		load: load{seed: 1, base: 0.22, swing: 0.16, period: 1500, noise: 0.10, spikeEvery: 700, spikeLength: 25, spike: 0.45},
	}
	db := machine{
		name: "db-01", guid: "5f0ad7c2-93f4-4b63-8c5e-0de300000002", os: "Rocky Linux", id: "rocky", version: "9.4 (Blue Onyx)",
		kernel: "5.14.0-427.el9.x86_64", virtualization: "none", cores: 8, ram: 64 << 10, disks: []string{"nvme0n1", "nvme1n1"}, nic: "eno1",
		load: load{seed: 2, base: 0.30, swing: 0.08, period: 2700, noise: 0.06, spikeEvery: 300, spikeLength: 60, spike: 0.30},
	}
	build := machine{
		name: "build-01", guid: "5f0ad7c2-93f4-4b63-8c5e-0de300000003", os: "Ubuntu", id: "ubuntu", version: "24.04 LTS (Noble Numbat)",
		kernel: "6.8.0-45-generic", virtualization: "none", cores: 16, ram: 32 << 10, disks: []string{"sda", "sdb"}, nic: "enp3s0",
		load: load{seed: 3, base: 0.05, swing: 0.04, period: 900, noise: 0.05, spikeEvery: 420, spikeLength: 190, spike: 0.80},
	}
	return []Options{
		web.options(web.addNginx),
		db.options(db.addPostgres),
		build.options(build.addDocker),
	}
}

// machine is a demo host.
type machine struct {
	name, guid      string
	os, id, version string
	kernel          string
	virtualization  string
	cores           int
	ram             float64 // MiB
	disks           []string
	nic             string
	load            load

	charts []Chart
	values [][]func(t int64) float64
}

func (m *machine) options(application func()) Options {
	m.addSystem()
	m.addCores()
	m.addMemory()
	m.addDisks()
	m.addNetwork()
	m.addApps()
	application()
	cores, ram := strconv.Itoa(m.cores), strconv.FormatInt(int64(m.ram)<<20, 10)
	return Options{
		Hostname: m.name,
		GUID:     m.guid,
		Timezone: "Etc/UTC",
		History:  time.Hour,
		SystemInfo: map[string]string{
			"NETDATA_SYSTEM_OS_NAME":               m.os,
			"NETDATA_SYSTEM_OS_ID":                 m.id,
			"NETDATA_SYSTEM_OS_VERSION":            m.version,
			"NETDATA_SYSTEM_OS_DETECTION":          "/etc/os-release",
			"NETDATA_HOST_IS_K8S_NODE":             "false",
			"NETDATA_SYSTEM_KERNEL_NAME":           "Linux",
			"NETDATA_SYSTEM_KERNEL_VERSION":        m.kernel,
			"NETDATA_SYSTEM_ARCHITECTURE":          "x86_64",
			"NETDATA_SYSTEM_VIRTUALIZATION":        m.virtualization,
			"NETDATA_SYSTEM_CONTAINER":             "none",
			"NETDATA_SYSTEM_CPU_LOGICAL_CPU_COUNT": cores,
			"NETDATA_SYSTEM_CPU_FREQ":              "3000000000",
			"NETDATA_SYSTEM_TOTAL_RAM":             ram,
			"NETDATA_SYSTEM_TOTAL_DISK_SIZE":       strconv.Itoa(len(m.disks) * 512e9),
		},
		Labels: []wire.Label{
			{Name: "_os_name", Value: m.os, Source: wire.LabelAuto},
			{Name: "_os_version", Value: m.version, Source: wire.LabelAuto},
			{Name: "_kernel_version", Value: m.kernel, Source: wire.LabelAuto},
			{Name: "_architecture", Value: "x86_64", Source: wire.LabelAuto},
			{Name: "_virtualization", Value: m.virtualization, Source: wire.LabelAuto},
			{Name: "_system_cores", Value: cores, Source: wire.LabelAuto},
			{Name: "_system_ram_total", Value: ram, Source: wire.LabelAuto},
			{Name: "environment", Value: "demo", Source: wire.LabelConfig},
		},
		Variables: []wire.Variable{{Host: true, Name: "active_processors", Value: float64(m.cores)}},
		Charts:    m.charts,
		Values:    func(chart, dim int, t int64) float64 { return m.values[chart][dim](t) },
	}
}

// series is a dimension and its values.
type series struct {
	wire.Dimension
	value func(t int64) float64
}

// absolute is a dimension whose value is collected as it is.
func absolute(id string, value func(t int64) float64) series {
	return series{wire.Dimension{ID: id, Multiplier: 1, Divisor: decimals}, value}
}

// perSecond is a dimension of which a counter is collected.
func perSecond(id string, value func(t int64) float64) series {
	return series{wire.Dimension{ID: id, Algorithm: wire.Incremental, Multiplier: 1, Divisor: decimals}, value}
}

// below is s drawn below zero, as what leaves a machine is.
func below(s series) series {
	s.Multiplier = -s.Multiplier
	value := s.value
	s.value = func(t int64) float64 { return -value(t) }
	return s
}

// add adds a chart of the plugin proc.plugin. If it has no context, that is its id.
func (m *machine) add(c wire.Chart, module string, dims ...series) {
	setDefault(&c.Context, c.ID)
	setDefault(&c.Plugin, "proc.plugin")
	c.Module = module
	chart := Chart{Chart: c, Labels: []wire.Label{
		{Name: "_collect_plugin", Value: c.Plugin, Source: wire.LabelAuto},
		{Name: "_collect_module", Value: module, Source: wire.LabelAuto},
	}}
	var values []func(int64) float64
	for _, d := range dims {
		chart.Dimensions = append(chart.Dimensions, d.Dimension)
		values = append(values, d.value)
	}
	m.charts = append(m.charts, chart)
	m.values = append(m.values, values)
}
