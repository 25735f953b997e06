package swarm

import (
	"math"

	"foster/replication/wire"
)

// addApps adds what the groups of processes use.
func (m *machine) addApps() {
	groups := []struct {
		id   string
		part float64
		kept float64 // of the memory used
	}{
		{"system", 0.04, 0.05}, {"kernel", 0.10, 0}, {"logs", 0.03, 0.04}, {"ssh", 0.005, 0.01}, {"cron", 0.005, 0.005},
		{"netdata", 0.02, 0.03}, {"containers", 0.05, 0.08}, {m.name[:len(m.name)-3], 0.65, 0.7}, {"other", 0.02, 0.03},
	}
	var cpu, mem, processes []series
	for i, g := range groups {
		cpu = append(cpu, perSecond(g.id, func(t int64) float64 {
			return 100 * float64(m.cores) * m.load.at(t) * g.part * m.load.vary(60+i, t, 7, 0.3)
		}))
		mem = append(mem, absolute(g.id, func(t int64) float64 { return m.used(t) * g.kept }))
		processes = append(processes, absolute(g.id, func(t int64) float64 { return math.Round(2 + 120*g.part*(0.5+m.load.over(t, 90))) }))
	}
	add := func(id, title, units string, priority int, dims []series) {
		m.add(wire.Chart{ID: id, Title: title, Units: units, Family: "apps", Type: "stacked", Priority: priority, Plugin: "apps.plugin"}, "", dims...)
	}
	add("apps.cpu", "CPU time of groups of processes (100% is a core)", "percentage", 20000, cpu)
	add("apps.mem", "Memory of groups of processes", "MiB", 20010, mem)
	add("apps.processes", "Processes in each group", "processes", 20020, processes)
}

// application adds a chart of a service.
func (m *machine) application(id, context, title, units, typ string, priority int, dims ...series) {
	m.add(wire.Chart{ID: id, Title: title, Units: units, Family: "service", Context: context, Type: typ, Priority: priority, Plugin: "go.d.plugin"}, context, dims...)
}

func (m *machine) addNginx() {
	l := &m.load
	requests := func(t int64) float64 { return math.Round(20 + 2600*l.at(t)*l.vary(70, t, 2, 0.3)) }
	part := func(p float64) func(int64) float64 {
		return func(t int64) float64 { return math.Floor(requests(t) * p) }
	}
	m.application("nginx_local.connections", "nginx.connections", "Client connections", "connections", "line", 30000,
		absolute("active", func(t int64) float64 { return math.Round(15 + 700*l.over(t, 15)) }))
	m.application("nginx_local.requests", "nginx.requests", "Client requests", "requests/s", "line", 30001, perSecond("requests", requests))
	m.application("nginx_local.connections_status", "nginx.connections_status", "What client connections do", "connections", "line", 30002,
		absolute("reading", func(t int64) float64 { return math.Floor(12 * l.at(t)) }),
		absolute("writing", func(t int64) float64 { return math.Round(1 + 90*l.at(t)) }),
		absolute("idle", func(t int64) float64 { return math.Round(14 + 600*l.over(t, 15)) }))
	m.application("web_log_nginx.status_code_class_responses", "web_log.status_code_class_responses", "Responses by class of status", "responses/s", "stacked", 30010,
		perSecond("1xx", func(int64) float64 { return 0 }), perSecond("2xx", part(0.93)), perSecond("3xx", part(0.04)), perSecond("4xx", part(0.025)),
		perSecond("5xx", func(t int64) float64 { return math.Floor(max(0, l.at(t)-0.6) * 40) }))
	m.application("web_log_nginx.request_processing_time", "web_log.request_processing_time", "Time to process a request", "milliseconds", "line", 30011,
		absolute("min", func(t int64) float64 { return 0.4 + 0.3*l.at(t) }),
		absolute("max", func(t int64) float64 { return 40 + 900*l.at(t)*l.vary(71, t, 2, 0.9) }),
		absolute("avg", func(t int64) float64 { return 6 + 60*l.at(t)*l.at(t) }))
}

func (m *machine) addPostgres() {
	l := &m.load
	commits := func(t int64) float64 { return math.Round(150 + 5200*l.at(t)*l.vary(80, t, 3, 0.25)) }
	m.application("postgres_local.connections_usage", "postgres.connections_usage", "Use of the connections", "connections", "stacked", 31000,
		absolute("available", func(t int64) float64 { return 200 - math.Round(20+110*l.over(t, 20)) }),
		absolute("used", func(t int64) float64 { return math.Round(20 + 110*l.over(t, 20)) }))
	m.application("postgres_local.db_app_transactions", "postgres.db_transactions_rate", "Transactions", "transactions/s", "line", 31001,
		perSecond("committed", commits),
		perSecond("rollback", func(t int64) float64 { return math.Floor(6 * l.at(t) * unit(hash(l.seed, uint64(t), 81))) }))
	m.application("postgres_local.db_app_cache_io_ratio", "postgres.db_cache_io_ratio", "Reads that the cache did not have", "percentage", "line", 31002,
		absolute("miss", func(t int64) float64 { return 0.2 + 9*l.at(t)*l.vary(82, t, 20, 0.5) }))
	m.application("postgres_local.db_app_ops_rows", "postgres.db_ops_write_rows_rate", "Rows written", "rows/s", "line", 31003,
		perSecond("inserted", func(t int64) float64 { return math.Floor(commits(t) * 0.9) }),
		perSecond("updated", func(t int64) float64 { return math.Floor(commits(t) * 0.5) }),
		perSecond("deleted", func(t int64) float64 { return math.Floor(commits(t) * 0.05) }))
	m.application("postgres_local.wal_io", "postgres.wal_io_rate", "Write-ahead log written", "B/s", "line", 31004,
		perSecond("write", func(t int64) float64 { return math.Floor(commits(t) * 3100) }))
}

func (m *machine) addDocker() {
	l := &m.load
	jobs := func(t int64) float64 { return math.Round(14 * l.over(t, 10)) }
	m.application("docker_local.containers_state", "docker.containers_state", "Containers by state", "containers", "stacked", 32000,
		absolute("running", func(t int64) float64 { return 3 + jobs(t) }), absolute("paused", func(int64) float64 { return 0 }),
		absolute("exited", func(t int64) float64 { return 5 + float64(t/600%9) }))
	m.application("docker_local.images_count", "docker.images", "Images by use", "images", "stacked", 32001,
		absolute("active", func(t int64) float64 { return 3 + jobs(t) }), absolute("dangling", func(t int64) float64 { return float64(t / 3600 % 7) }))
	m.application("ci_runner.jobs", "ci.jobs", "Build jobs", "jobs", "stacked", 32010,
		absolute("running", jobs), absolute("queued", func(t int64) float64 { return max(0, jobs(t)-9) * 2 }))
	m.application("ci_runner.cache", "ci.cache", "Requests to the build cache", "requests/s", "stacked", 32011,
		perSecond("hit", func(t int64) float64 { return math.Round(jobs(t) * 40 * l.vary(90, t, 2, 0.5)) }),
		perSecond("miss", func(t int64) float64 { return math.Round(jobs(t) * 6 * l.vary(91, t, 2, 0.9)) }))
	m.application("sensors.temperature_cpu", "sensors.temperature", "Temperature of the processor", "Celsius", "line", 33000,
		absolute("package", func(t int64) float64 { return 38 + 45*l.over(t, 40) }))
}
