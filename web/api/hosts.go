package api

import (
	"math"
	"strings"
	"time"

	"foster/storage/catalog"
)

// hosts answers /api/foster/v1/hosts: all hosts with their state.
func (a *API) hosts(rp *reply, rq *request) {
	rp.open('{')
	rp.keyString("version", a.opt.Self.Version)
	rp.keyNumber("now", unix(rq.now))
	rp.keyInt("api_keys", int64(a.opt.APIKeys()))
	rp.keyOpen("hosts", '[')
	hosts := a.catalog.Hosts()
	names := make(map[string]int, len(hosts))
	for _, h := range hosts {
		names[h.Info().Hostname]++
	}
	for _, h := range hosts {
		a.host(&rp.encoder, h, names[h.Info().Hostname] > 1, rq.now)
	}
	rp.close(']')
	rp.close('}')
}

// host writes one host.
func (a *API) host(e *encoder, h *catalog.Host, ambiguous bool, now time.Time) {
	info, counts := h.Info(), a.facts.counts(h, now)
	e.open('{')
	e.keyString("guid", h.GUID)
	e.keyString("hostname", info.Hostname)
	e.keyString("state", string(h.State(now)))
	conn := h.Connection()
	percent := 100.0
	if conn != nil {
		percent = math.Floor(10*conn.ReplayPercent()) / 10
	}
	e.keyNumber("replication_percent", percent)
	e.keyString("os", operatingSystem(info))
	e.keyString("kernel", info.SystemInfo["NETDATA_SYSTEM_KERNEL_VERSION"])
	e.keyString("agent", strings.TrimSpace(info.ProgramName+" "+info.ProgramVersion))
	e.keyInt("charts", int64(counts.charts))
	e.keyInt("metrics", int64(counts.metrics))
	e.keyNumber("samples_per_second", math.Round(10*a.facts.rate(h))/10)
	e.keyNumber("first_seen", unix(h.FirstSeen()))
	e.keyNumber("last_seen", unix(h.LastSeen()))
	e.keyInt("hops", info.Hops)
	e.keyBool("ephemeral", info.Ephemeral)
	bytes := int64(0)
	for _, u := range a.opt.Usage(h) {
		bytes += u.Bytes
	}
	e.keyInt("disk_bytes", bytes)
	if conn == nil {
		e.keyNull("connection")
	} else {
		e.keyOpen("connection", '{')
		e.keyNumber("since", unix(conn.Since))
		e.keyString("address", conn.RemoteAddr)
		e.keyBool("tls", conn.TLS)
		e.keyString("compression", conn.Compression)
		e.key("capabilities")
		e.strings(conn.Caps.Names())
		e.close('}')
	}
	e.keyOpen("labels", '{')
	for _, l := range h.Labels() {
		e.keyString(l.Name, l.Value)
	}
	e.close('}')
	e.keyBool("ambiguous", ambiguous)
	e.close('}')
}

// operatingSystem returns the name and version of a host's operating system, as far as it is known.
func operatingSystem(info *catalog.HostInfo) string {
	var parts []string
	for _, fact := range []string{"NETDATA_SYSTEM_OS_NAME", "NETDATA_SYSTEM_OS_VERSION"} {
		if v := info.SystemInfo[fact]; v != "" && v != "unknown" && v != "none" {
			parts = append(parts, v)
		}
	}
	if len(parts) == 0 {
		return info.OS
	}
	return strings.Join(parts, " ")
}

// unix returns t as unix seconds with milliseconds, 0 for the zero time.
func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
