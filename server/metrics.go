package server

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"foster/storage/catalog"
)

// metrics are foster's own Prometheus metrics. Those of the store are registered by it.
type metrics struct {
	requests *prometheus.HistogramVec
	refused  prometheus.Counter
}

func newMetrics(reg *prometheus.Registry, s *Server) *metrics {
	m := &metrics{
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "foster_http_request_duration_seconds", Help: "Time to answer a request, by command and status code.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"command", "code"}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "foster_connections_refused_total", Help: "Connections closed because there were too many ([web] web server max sockets).",
		}),
	}
	reg.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.requests, m.refused, &streamCollector{s: s},
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "foster_connections", Help: "Open connections, children and clients."},
			func() float64 { return float64(s.sockets.Load()) }),
	)
	return m
}

// streamCollector reads the counters of the children when it is asked.
type streamCollector struct{ s *Server }

var (
	descInfo       = prometheus.NewDesc("foster_build_info", "The running version.", []string{"version"}, nil)
	descReady      = prometheus.NewDesc("foster_ready", "1 when the store is open and children are admitted.", nil, nil)
	descHosts      = prometheus.NewDesc("foster_hosts", "Hosts known, by state.", []string{"state"}, nil)
	descChildren   = prometheus.NewDesc("foster_children_connected", "Children connected.", nil, nil)
	descReplaying  = prometheus.NewDesc("foster_charts_replicating", "Charts that replay history.", nil, nil)
	descReplayHost = prometheus.NewDesc("foster_replication_progress_ratio", "History received of what was asked for, by host that replicates.", []string{"host", "machine_guid"}, nil)
	descAccepted   = prometheus.NewDesc("foster_streams_accepted_total", "Streams accepted.", nil, nil)
	descRejected   = prometheus.NewDesc("foster_streams_rejected_total", "Streams rejected.", nil, nil)
	descBroken     = prometheus.NewDesc("foster_streams_broken_total", "Streams ended because of what the child sent.", nil, nil)
	descSamples    = prometheus.NewDesc("foster_samples_stored_total", "Samples received and stored, replayed ones included.", nil, nil)
	descReplayed   = prometheus.NewDesc("foster_samples_replayed_total", "Samples stored that were replayed history.", nil, nil)
	descDropped    = prometheus.NewDesc("foster_samples_dropped_total", "Samples received and not stored: already there, or in the future.", nil, nil)
	descRefused    = prometheus.NewDesc("foster_definitions_refused_total", "Definitions of children refused since they are over a limit, by kind.", []string{"kind"}, nil)
	descBytes      = prometheus.NewDesc("foster_stream_received_bytes_total", "Bytes received from children, on the wire and after decompression.", []string{"form"}, nil)
)

var (
	descPoints = prometheus.NewDesc("foster_store_points_total", "Points handed to the store, by what became of them.", []string{"result"}, nil)
	descFailed = prometheus.NewDesc("foster_store_failed_commits_total", "Batches of points that could not be written and are lost unless their child has them.", nil, nil)
	descFull   = prometheus.NewDesc("foster_store_full", "1 while nothing is stored because the disk is full or cannot be written.", nil, nil)
	descSeries = prometheus.NewDesc("foster_store_series", "Series in memory.", nil, nil)
	descDisk   = prometheus.NewDesc("foster_store_bytes", "Disk space of a tier, of its blocks and of what is not in blocks yet.", []string{"tier", "part"}, nil)
)

// Describe implements prometheus.Collector.
func (c *streamCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descInfo, descReady, descHosts, descChildren, descReplaying, descReplayHost, descAccepted, descRejected, descBroken,
		descSamples, descReplayed, descDropped, descRefused, descBytes, descPoints, descFailed, descFull, descSeries, descDisk,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *streamCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge(descInfo, 1, c.s.opts.Version)
	rec := c.s.receiver.Load()
	if rec == nil {
		gauge(descReady, 0)
		return
	}
	gauge(descReady, 1)
	t := rec.Totals()
	gauge(descChildren, float64(t.Connected))
	gauge(descReplaying, float64(t.Replicating))
	counter(descAccepted, t.Accepted)
	counter(descRejected, t.Rejected)
	counter(descBroken, t.ParseError)
	counter(descSamples, t.Samples)
	counter(descReplayed, t.Replayed)
	counter(descDropped, t.Dropped)
	for kind, n := range t.Refused {
		counter(descRefused, n, kind)
	}
	counter(descBytes, t.BytesIn, "wire")
	counter(descBytes, t.BytesPlain, "plain")

	st := c.s.store.Stats()
	counter(descPoints, int64(st.Appended), "stored")
	counter(descPoints, int64(st.Duplicates), "duplicate")
	counter(descPoints, int64(st.TooOld), "too_old")
	counter(descPoints, int64(st.Failed), "failed")
	counter(descFailed, int64(st.Commits))
	full := 0.0
	if st.Full {
		full = 1
	}
	gauge(descFull, full)
	gauge(descSeries, float64(st.Series))
	for i, tier := range st.Tiers {
		gauge(descDisk, float64(tier.BlockBytes), strconv.Itoa(i), "blocks")
		gauge(descDisk, float64(tier.HeadBytes), strconv.Itoa(i), "head")
	}

	states := map[catalog.State]int{catalog.Live: 0, catalog.Replicating: 0, catalog.Stale: 0, catalog.Archived: 0}
	now := time.Now()
	for _, h := range c.s.store.Catalog().Hosts() {
		state := h.State(now)
		states[state]++
		if conn := h.Connection(); conn != nil && state == catalog.Replicating {
			gauge(descReplayHost, conn.ReplayPercent()/100, h.Info().Hostname, h.GUID) // hostnames are valid UTF-8, see wire.ParseRequest
		}
	}
	for state, n := range states {
		gauge(descHosts, float64(n), string(state))
	}
}
