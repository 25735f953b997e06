package swarm

import (
	"fmt"
	"math"

	"foster/replication/wire"
)

// share is a part of the time a processor is busy.
type share struct {
	id   string
	part float64
}

// shares are in the order of /proc/stat charts, the largest last.
func shares() []share {
	return []share{{"steal", 0.01}, {"softirq", 0.05}, {"irq", 0.01}, {"iowait", 0.09}, {"nice", 0.02}, {"system", 0.22}, {"user", 0.60}}
}

// cpu returns the dimensions of a processor that is as busy as busy says. What is left is idle and hidden.
func (m *machine) cpu(number int, busy func(t int64) float64) []series {
	part := func(i int, s share) func(int64) float64 {
		return func(t int64) float64 {
			// Rounded down, so that the parts never exceed the whole.
			return math.Floor(100*decimals*busy(t)*s.part*m.load.vary(100*number+i, t, 4, 0.3)/1.3) / decimals
		}
	}
	var out []series
	for i, s := range shares() {
		out = append(out, absolute(s.id, part(i, s)))
	}
	parts := out
	idle := absolute("idle", func(t int64) float64 {
		rest := 100.0
		for _, p := range parts {
			rest -= p.value(t)
		}
		return rest
	})
	idle.Hidden = true
	return append(out, idle)
}

func (m *machine) addSystem() {
	l := &m.load
	cores := float64(m.cores)
	m.add(wire.Chart{ID: "system.cpu", Title: "CPU time by use", Units: "percentage", Family: "cpu", Type: "stacked", Priority: 100},
		"/proc/stat", m.cpu(0, l.at)...)
	m.add(wire.Chart{ID: "system.load", Title: "Processes that run or wait, averaged", Units: "load", Family: "load", Priority: 101, UpdateEvery: 5},
		"/proc/loadavg",
		absolute("load1", func(t int64) float64 { return 1.3 * cores * l.over(t, 60) }),
		absolute("load5", func(t int64) float64 { return 1.3 * cores * l.over(t, 300) }),
		absolute("load15", func(t int64) float64 { return 1.3 * cores * l.over(t, 900) }))
	m.add(wire.Chart{ID: "system.io", Title: "Disk input and output of all disks", Units: "KiB/s", Family: "disk", Type: "area", Priority: 150},
		"/proc/diskstats", perSecond("in", m.sum(len(m.disks), m.diskRead)), below(perSecond("out", m.sum(len(m.disks), m.diskWrite))))
	m.add(wire.Chart{ID: "system.pgpgio", Title: "Memory read from and written to disks", Units: "KiB/s", Family: "disk", Type: "area", Priority: 151},
		"/proc/vmstat",
		perSecond("in", func(t int64) float64 { return 0.98 * m.sum(len(m.disks), m.diskRead)(t) }),
		below(perSecond("out", func(t int64) float64 { return 0.97 * m.sum(len(m.disks), m.diskWrite)(t) })))
	m.add(wire.Chart{ID: "system.ram", Title: "Use of memory", Units: "MiB", Family: "ram", Type: "stacked", Priority: 200},
		"/proc/meminfo",
		absolute("free", func(t int64) float64 { return m.ram - m.used(t) - m.cached(t) - m.ram*0.02 }),
		absolute("used", m.used), absolute("cached", m.cached), absolute("buffers", func(int64) float64 { return m.ram * 0.02 }))
	m.add(wire.Chart{ID: "system.net", Title: "Traffic of all physical interfaces", Units: "kilobits/s", Family: "network", Type: "area", Priority: 500},
		"/proc/net/dev", perSecond("InOctets", m.received), below(perSecond("OutOctets", m.sent)))
	m.add(wire.Chart{ID: "system.processes", Title: "Processes that run and that are blocked", Units: "processes", Family: "processes", Priority: 600},
		"/proc/stat",
		absolute("running", func(t int64) float64 { return math.Round(1 + 1.4*cores*l.at(t)) }),
		below(absolute("blocked", func(t int64) float64 { return math.Floor(4 * l.at(t) * unit(hash(l.seed, uint64(t), 11))) })))
	m.add(wire.Chart{ID: "system.forks", Title: "New processes", Units: "processes/s", Family: "processes", Priority: 700},
		"/proc/stat", perSecond("started", func(t int64) float64 { return math.Round(2 + 60*l.at(t)*l.vary(12, t, 2, 0.6)) }))
	m.add(wire.Chart{ID: "system.active_processes", Title: "All processes", Units: "processes", Family: "processes", Priority: 750},
		"/proc/loadavg", absolute("active", func(t int64) float64 { return math.Round(180 + 30*cores*l.over(t, 30)) }))
	m.add(wire.Chart{ID: "system.ctxt", Title: "Context switches", Units: "context switches/s", Family: "processes", Priority: 800},
		"/proc/stat", perSecond("switches", func(t int64) float64 { return cores * (900 + 9000*l.at(t)*l.vary(13, t, 3, 0.3)) }))
	m.add(wire.Chart{ID: "system.intr", Title: "Interrupts", Units: "interrupts/s", Family: "interrupts", Priority: 900},
		"/proc/stat", perSecond("interrupts", func(t int64) float64 { return cores * (400 + 4000*l.at(t)*l.vary(14, t, 3, 0.3)) }))
	m.add(wire.Chart{ID: "system.uptime", Title: "Time since the system was started", Units: "seconds", Family: "uptime", Priority: 1000},
		"/proc/uptime", absolute("uptime", func(t int64) float64 { return float64(t % (90 * 86400)) }))
}

func (m *machine) addCores() {
	for i := range m.cores {
		busy := func(t int64) float64 { return min(m.load.at(t)*m.load.vary(1000+i, t, 20, 0.5), 1) }
		m.add(wire.Chart{
			ID: fmt.Sprintf("cpu.cpu%d", i), Title: "CPU time by use, of a core", Units: "percentage", Family: "utilization", Context: "cpu.cpu",
			Type: "stacked", Priority: 1000 + i,
		}, "/proc/stat", m.cpu(i+1, busy)...)
	}
}

// sum adds up what f says of each of n things.
func (m *machine) sum(n int, f func(i int, t int64) float64) func(t int64) float64 {
	return func(t int64) float64 {
		total := 0.0
		for i := range n {
			total += f(i, t)
		}
		return total
	}
}

func (m *machine) used(t int64) float64 { return m.ram * (0.28 + 0.30*m.load.over(t, 240)) }

func (m *machine) cached(t int64) float64 {
	return m.ram * (0.20 + 0.10*smooth(m.load.seed+20, t, 900))
}

func (m *machine) addMemory() {
	l := &m.load
	constant := func(v float64) func(int64) float64 { return func(int64) float64 { return v } }
	m.add(wire.Chart{ID: "mem.available", Title: "Memory that can be had without swapping", Units: "MiB", Family: "overview", Type: "area", Priority: 1010},
		"/proc/meminfo", absolute("avail", func(t int64) float64 { return m.ram - m.used(t) }))
	m.add(wire.Chart{ID: "mem.committed", Title: "Memory promised to processes", Units: "MiB", Family: "overview", Type: "area", Priority: 1020},
		"/proc/meminfo", absolute("Committed_AS", func(t int64) float64 { return 1.6 * m.used(t) }))
	m.add(wire.Chart{ID: "mem.pgfaults", Title: "Page faults", Units: "faults/s", Family: "page faults", Priority: 1030},
		"/proc/vmstat",
		perSecond("minor", func(t int64) float64 { return 300 + 40_000*l.at(t)*l.vary(21, t, 2, 0.5) }),
		perSecond("major", func(t int64) float64 { return math.Floor(9 * l.at(t) * unit(hash(l.seed, uint64(t), 22))) }))
	m.add(wire.Chart{ID: "mem.writeback", Title: "Memory waiting to be written to disk", Units: "MiB", Family: "writeback", Priority: 1040},
		"/proc/meminfo",
		absolute("Dirty", func(t int64) float64 { return 2 + 90*l.over(t, 20)*float64(30-t%30)/30 }),
		absolute("Writeback", constant(0)), absolute("FuseWriteback", constant(0)), absolute("NfsWriteback", constant(0)), absolute("Bounce", constant(0)))
	m.add(wire.Chart{ID: "mem.kernel", Title: "Memory used by the kernel", Units: "MiB", Family: "kernel", Type: "stacked", Priority: 1050},
		"/proc/meminfo",
		absolute("Slab", func(t int64) float64 { return m.ram * (0.03 + 0.004*smooth(l.seed+23, t, 600)) }),
		absolute("KernelStack", func(t int64) float64 { return 8 + 4*l.over(t, 60) }),
		absolute("PageTables", func(t int64) float64 { return 20 + 30*l.over(t, 120) }),
		absolute("VmallocUsed", constant(34.5)), absolute("Percpu", constant(5.125)))
	m.add(wire.Chart{ID: "mem.swap", Title: "Use of swap space", Units: "MiB", Family: "swap", Type: "stacked", Priority: 1060},
		"/proc/meminfo", absolute("free", constant(2048)), absolute("used", constant(0)))
}
