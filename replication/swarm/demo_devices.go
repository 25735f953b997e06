package swarm

import (
	"math"

	"foster/replication/wire"
)

// diskRead returns how many KiB are read from a disk in a second. Caches keep quiet times quiet.
func (m *machine) diskRead(disk int, t int64) float64 {
	busy := m.load.at(t) * m.load.vary(200+disk, t, 6, 0.8)
	return math.Floor(60_000 * busy * busy / float64(disk+1))
}

// diskWrite returns how many KiB are written to a disk in a second; much of it goes out every 5 seconds.
func (m *machine) diskWrite(disk int, t int64) float64 {
	v := 90 + 9_000*m.load.at(t)*m.load.vary(210+disk, t, 4, 0.7)
	if t%5 == 0 {
		v *= 3.5
	}
	return math.Floor(v / float64(disk+1))
}

func (m *machine) addDisks() {
	for i, disk := range m.disks {
		read := func(t int64) float64 { return m.diskRead(i, t) }
		write := func(t int64) float64 { return m.diskWrite(i, t) }
		util := func(t int64) float64 { return min(100, (read(t)+2*write(t))/900) }
		chart := func(id, context, title, units, typ string, priority int) wire.Chart {
			return wire.Chart{ID: id + "." + disk, Title: title, Units: units, Family: disk, Context: context, Type: typ, Priority: priority + i}
		}
		const module = "/proc/diskstats"
		m.add(chart("disk", "disk.io", "Disk input and output", "KiB/s", "area", 2000), module, perSecond("reads", read), below(perSecond("writes", write)))
		m.add(chart("disk_ops", "disk.ops", "Completed disk operations", "operations/s", "line", 2010), module,
			perSecond("reads", func(t int64) float64 { return math.Round(read(t) / 38) }),
			below(perSecond("writes", func(t int64) float64 { return math.Round(write(t) / 17) })))
		m.add(chart("disk_util", "disk.util", "Time the disk is busy", "% of time working", "area", 2020), module, perSecond("utilization", util))
		m.add(chart("disk_await", "disk.await", "Time an operation takes", "milliseconds/operation", "line", 2030), module,
			absolute("reads", func(t int64) float64 { return 0.1 + util(t)/40 }),
			below(absolute("writes", func(t int64) float64 { return 0.3 + util(t)/20 })))
		m.add(chart("disk_backlog", "disk.backlog", "Work waiting for the disk", "milliseconds", "area", 2040), module,
			absolute("backlog", func(t int64) float64 { return math.Round(util(t) * util(t) / 30) }))
	}
	space := wire.Chart{ID: "disk_space._", Title: "Use of the space of a file system", Units: "GiB", Family: "/", Context: "disk.space", Type: "stacked", Priority: 2100, Plugin: "diskspace.plugin"}
	used := func(t int64) float64 { return 140 + float64(t%86400)/86400*12 + 3*smooth(m.load.seed+30, t, 120) }
	m.add(space, "", absolute("avail", func(t int64) float64 { return 452 - used(t) }), absolute("used", used),
		absolute("reserved for root", func(int64) float64 { return 24 }))
	inodes := wire.Chart{ID: "disk_inodes._", Title: "Use of the inodes of a file system", Units: "inodes", Family: "/", Context: "disk.inodes", Type: "stacked", Priority: 2101, Plugin: "diskspace.plugin"}
	m.add(inodes, "", absolute("avail", func(t int64) float64 { return 3e7 - math.Floor(3000*used(t)) }), absolute("used", func(t int64) float64 { return math.Floor(3000 * used(t)) }),
		absolute("reserved for root", func(int64) float64 { return 0 }))
}

// received and sent return kilobits a second.
func (m *machine) received(t int64) float64 {
	return 40 + 18_000*m.load.at(t)*m.load.vary(40, t, 3, 0.5)
}

func (m *machine) sent(t int64) float64 {
	return 60 + 75_000*m.load.at(t)*m.load.vary(41, t, 3, 0.5)
}

func (m *machine) addNetwork() {
	l := &m.load
	none := func(int64) float64 { return 0 }
	count := func(f func(int64) float64, per float64) func(int64) float64 {
		return func(t int64) float64 { return math.Round(f(t) / per) }
	}
	m.add(wire.Chart{ID: "net." + m.nic, Title: "Traffic of an interface", Units: "kilobits/s", Family: m.nic, Context: "net.net", Type: "area", Priority: 7000},
		"/proc/net/dev", perSecond("received", m.received), below(perSecond("sent", m.sent)))
	m.add(wire.Chart{ID: "net_packets." + m.nic, Title: "Packets of an interface", Units: "packets/s", Family: m.nic, Context: "net.packets", Priority: 7001},
		"/proc/net/dev", perSecond("received", count(m.received, 6)), below(perSecond("sent", count(m.sent, 9))), perSecond("multicast", none))
	m.add(wire.Chart{ID: "net_drops." + m.nic, Title: "Packets an interface dropped", Units: "drops/s", Family: m.nic, Context: "net.drops", Priority: 7002},
		"/proc/net/dev", perSecond("inbound", none), below(perSecond("outbound", none)))
	m.add(wire.Chart{ID: "ip.tcpsock", Title: "Open TCP connections", Units: "active connections", Family: "tcp", Priority: 4000},
		"/proc/net/snmp", absolute("connections", func(t int64) float64 { return math.Round(25 + 900*l.over(t, 25)) }))
	m.add(wire.Chart{ID: "ip.tcppackets", Title: "TCP packets", Units: "packets/s", Family: "tcp", Priority: 4001},
		"/proc/net/snmp", perSecond("received", count(m.received, 6.6)), below(perSecond("sent", count(m.sent, 9.9))))
	m.add(wire.Chart{ID: "ip.tcperrors", Title: "TCP errors", Units: "packets/s", Family: "tcp", Priority: 4002},
		"/proc/net/snmp", perSecond("InErrs", none), perSecond("InCsumErrors", none),
		below(perSecond("RetransSegs", func(t int64) float64 { return math.Floor(5 * l.at(t) * unit(hash(l.seed, uint64(t), 42))) })))
	m.add(wire.Chart{ID: "ipv4.sockstat_sockets", Title: "Sockets in use", Units: "sockets", Family: "sockets", Priority: 4100},
		"/proc/net/sockstat", absolute("used", func(t int64) float64 { return math.Round(210 + 950*l.over(t, 25)) }))
	m.add(wire.Chart{ID: "netfilter.conntrack_sockets", Title: "Connections that netfilter tracks", Units: "active connections", Family: "conntrack", Priority: 8700},
		"/proc/net/stat/nf_conntrack", absolute("connections", func(t int64) float64 { return math.Round(60 + 1400*l.over(t, 60)) }))
}
