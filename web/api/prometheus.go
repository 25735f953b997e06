package api

import (
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"foster/replication/wire"
	"foster/storage"
	"foster/storage/catalog"
	"foster/storage/query"
)

// typePrometheus is the content type of the text format, as netdata v2.11.0 sends it.
const typePrometheus = "text/plain; charset=utf-8; version=0.0.4"

// source of the values of an exposition.
type valueSource uint8

const (
	sourceAverage   valueSource = iota // the mean of the samples since the last scrape
	sourceSum                          // their sum
	sourceCollected                    // what the collector read last
)

// exposition is a decoded request for the format prometheus, and the text being made.
type exposition struct {
	b []byte

	source     valueSource
	prefix     string
	names      bool // labels have names, not ids
	timestamps bool
	oldUnits   bool
	hideUnits  bool
	variables  bool
	allHosts   bool
	filter     chartFilter

	now      time.Time
	previous time.Time // of the last scrape of this server
	declared map[string]struct{}

	// Of the chart being written:
	metric []byte // its name, without dimension
	labels []byte // chart and family
	extra  []byte // labels behind the dimension
}

// prometheus writes the newest values in the text format of Prometheus. Names, labels and comments follow netdata v2.11.0,
// which writes HELP and TYPE once for each metric whatever the parameters help and types say.
func (a *API) prometheus(rp *reply, rq *request, filter chartFilter, allHosts bool) {
	ps := rq.params
	x := &exposition{
		b: rp.b, filter: filter, allHosts: allHosts, now: rq.now, prefix: ps.get("prefix"), declared: map[string]struct{}{},
		names: switched(ps, "names", true), timestamps: switched(ps, "timestamps", true), variables: switched(ps, "variables", false),
		oldUnits: switched(ps, "oldunits", false), hideUnits: switched(ps, "hideunits", false),
	}
	if x.prefix == "" {
		x.prefix = "netdata"
	}
	x.prefix = string(appendName(nil, x.prefix))
	switch ps.get("source", "data", "data_source", "data-source", "datasource") {
	case "as-collected", "as_collected", "raw":
		x.source = sourceCollected
	case "sum", "volume":
		x.source = sourceSum
	}
	hosts := []*catalog.Host{rq.host}
	key := scrapeKey{server: scraper(rq)}
	if allHosts {
		hosts = append([]*catalog.Host{nil}, a.catalog.Hosts()...)
	} else if rq.host != nil {
		key.host = rq.host.GUID
	} else {
		key.host = a.opt.Self.GUID
	}
	x.previous = a.scrapes.next(key, rq.now)
	var charts []*catalog.Chart
	for _, h := range hosts {
		if h != nil && allHosts && h.State(rq.now) == catalog.Archived {
			continue // there is nothing new of it
		}
		x.info(a, h)
		if h == nil {
			continue
		}
		if x.variables {
			x.hostVariables(h)
		}
		for _, ch := range h.Charts() {
			if ch.Visible() && filter.match(ch) {
				charts = append(charts, ch)
			}
		}
	}
	charts = byContext(charts)
	var err error
	if x.source == sourceCollected {
		for _, ch := range charts {
			x.collected(ch)
		}
	} else {
		err = a.aggregates(rq, charts, x)
	}
	rp.b = x.b
	if err != nil {
		a.failQuery(rp, rq, "read the newest samples", err)
		return
	}
	rp.contentType = typePrometheus
}

// info writes the metric that tells of a host.
func (x *exposition) info(a *API, h *catalog.Host) {
	id := a.identify(h)
	b := append(x.b, "netdata_info{instance="...)
	b = appendLabelValue(b, id.hostname)
	b = append(b, `,application="netdata",version=`...)
	b = appendLabelValue(b, id.version)
	b = append(b, `,_is_ephemeral="`...)
	b = strconv.AppendBool(b, h != nil && h.Info().Ephemeral)
	b = append(b, '"')
	for _, l := range id.labels {
		if l.Source&wire.LabelConfig == 0 || strings.HasPrefix(l.Name, "_") {
			continue
		}
		b = append(b, ',')
		b = appendName(b, l.Name)
		b = append(b, '=')
		b = appendLabelValue(b, l.Value)
	}
	b = append(b, "} 1"...)
	if x.timestamps {
		b = append(b, ' ')
		b = strconv.AppendInt(b, x.now.UnixMilli(), 10)
	}
	x.b = append(b, '\n')
}

// hostVariables writes the custom variables of a host.
func (x *exposition) hostVariables(h *catalog.Host) {
	variables := h.Variables()
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		v := variables[name]
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		b := append(x.b, x.prefix...)
		b = append(b, '_')
		b = appendName(b, name)
		if x.allHosts {
			b = append(b, "{instance="...)
			b = appendLabelValue(b, h.Info().Hostname)
			b = append(b, '}')
		}
		b = append(b, ' ')
		b = appendDecimals(b, v)
		if x.timestamps {
			b = append(b, ' ')
			b = strconv.AppendInt(b, x.now.UnixMilli(), 10)
		}
		x.b = append(b, '\n')
	}
}

// chart prepares the parts that the samples of a chart share.
func (x *exposition) chart(ch *catalog.Chart) {
	def := ch.Def()
	x.metric = append(append(x.metric[:0], x.prefix...), '_')
	x.metric = appendName(x.metric, def.Context)
	id := ch.ID
	if x.names {
		id = ch.Name()
	}
	x.labels = appendLabelValue(append(x.labels[:0], "chart="...), id)
	x.extra = appendLabelValue(append(x.extra[:0], "family="...), def.Family)
	labels := ch.Labels()
	for i := range labels {
		if strings.HasPrefix(labels[i].Name, "_") {
			continue
		}
		x.extra = append(x.extra, ',')
		x.extra = appendName(x.extra, labels[i].Name)
		x.extra = append(x.extra, '=')
		x.extra = appendLabelValue(x.extra, labels[i].Value)
	}
	if x.allHosts {
		x.extra = append(x.extra, ",instance="...)
		x.extra = appendLabelValue(x.extra, ch.Host.Info().Hostname)
	}
}

// declare writes the comments of a metric, once.
func (x *exposition) declare(metric []byte, ch *catalog.Chart, kind string) {
	if _, done := x.declared[string(metric)]; done {
		return
	}
	x.declared[string(metric)] = struct{}{}
	b := append(x.b, "# HELP "...)
	b = append(b, metric...)
	b = append(b, ' ')
	b = appendHelp(b, ch.Def().Title)
	b = append(b, "\n# TYPE "...)
	b = append(b, metric...)
	b = append(b, ' ')
	b = append(b, kind...)
	x.b = append(b, '\n')
}

// open writes a sample up to its value. Without dimension there is no label of it.
func (x *exposition) open(metric []byte, dimension string) []byte {
	b := append(x.b, metric...)
	b = append(b, '{')
	b = append(b, x.labels...)
	if dimension != "" {
		b = append(b, ",dimension="...)
		b = appendLabelValue(b, dimension)
	}
	b = append(b, ',')
	b = append(b, x.extra...)
	return append(b, "} "...)
}

// finish ends a sample of that unix time.
func (x *exposition) finish(b []byte, t int64) {
	if x.timestamps {
		b = append(b, ' ')
		b = strconv.AppendInt(b, t, 10)
		b = append(b, "000"...)
	}
	x.b = append(b, '\n')
}

// dimension returns what a dimension is called in labels.
func (x *exposition) dimension(d *catalog.Dimension) string {
	if x.names {
		return d.Def().Name
	}
	return d.ID
}

// collected writes what a collector has read last for the dimensions of a chart. The dimensions of a chart whose
// dimensions are of one kind are one metric; else each is its own.
func (x *exposition) collected(ch *catalog.Chart) {
	dims := ch.Dimensions()
	alike := homogeneous(dims)
	prepared := false
	// A sample arrives after its time, so that a chart may have got one of before the last scrape since.
	since := x.previous.Unix() - ch.UpdateEvery()
	for _, d := range dims {
		t, _, _ := d.Last()
		def := d.Def()
		if t == 0 || t < since || def.Obsolete {
			continue
		}
		if !prepared {
			prepared = true
			x.chart(ch)
		}
		name := len(x.metric)
		kind := "gauge"
		counter := def.Algorithm == wire.Incremental || def.Algorithm == wire.PercentageOfIncrementalRow
		if counter {
			kind = "counter"
		}
		total := func() {
			if counter {
				x.metric = append(x.metric, "_total"...)
			}
		}
		label := x.dimension(d)
		if alike {
			total()
			x.declare(x.metric, ch, kind)
		} else {
			// netdata v2.11.0 declares the name without dimension.
			if d == dims[0] {
				total()
				x.declare(x.metric, ch, kind)
				x.metric = x.metric[:name]
			}
			x.metric = appendName(append(x.metric, '_'), label)
			total()
			label = ""
		}
		b := x.open(x.metric, label)
		if v := d.Collected(); v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			b = strconv.AppendInt(b, int64(v), 10)
		} else {
			b = appendDecimals(b, v)
		}
		x.finish(b, t)
		x.metric = x.metric[:name]
	}
}

// homogeneous says whether all dimensions have the same algorithm, divisor and, but for its sign, multiplier.
func homogeneous(dims []*catalog.Dimension) bool {
	first := dims[0].Def()
	for _, d := range dims[1:] {
		def := d.Def()
		if def.Algorithm != first.Algorithm || magnitude(def.Multiplier) != magnitude(first.Multiplier) ||
			magnitude(def.Divisor) != magnitude(first.Divisor) {
			return false
		}
	}
	return true
}

func magnitude(n int64) int64 { return max(n, -n) }

// window returns the ends of the samples that a scrape reports of charts with that interval: two intervals late, so that
// samples have arrived, and the newest of them with the next scrape (netdata v1.37.1 and v2.11.0, measured).
func (x *exposition) window(every int64) (after, before int64) {
	after = x.previous.Unix() - 2*every
	before = x.now.Unix() - 2*every
	after -= after % every
	before -= before%every + every
	return min(after, before), before // an interval can be longer than the time between two scrapes
}

// aggregates writes the mean or the sum of the samples since the last scrape.
func (a *API) aggregates(rq *request, charts []*catalog.Chart, x *exposition) error {
	ctx, cancel := context.WithTimeout(rq.Context(), a.opt.QueryTimeout)
	defer cancel()
	byInterval := map[int64][]*catalog.Chart{} // charts of one window are read at once
	for _, ch := range charts {
		byInterval[ch.UpdateEvery()] = append(byInterval[ch.UpdateEvery()], ch)
	}
	for _, every := range slices.Sorted(maps.Keys(byInterval)) {
		after, before := x.window(every)
		list := slices.DeleteFunc(byInterval[every], func(ch *catalog.Chart) bool { return ch.Last() < after })
		if err := a.aggregate(ctx, list, after, before, x); err != nil {
			return err
		}
	}
	return nil
}

// aggregate writes the mean or the sum of the samples of charts that end between after and before, both included.
func (a *API) aggregate(ctx context.Context, charts []*catalog.Chart, after, before int64, x *exposition) error {
	n := 0
	for _, ch := range charts {
		n += len(ch.Dimensions())
	}
	dims := make([]*catalog.Dimension, 0, n)
	for _, ch := range charts {
		dims = append(dims, ch.Dimensions()...)
	}
	if len(dims) == 0 {
		return nil
	}
	m, err := a.source.SelectMany(ctx, dims, storage.Range{After: after - 1, Before: before})
	if err != nil {
		return err
	}
	defer func() { _ = m.Close() }() // the points have been read
	var prepared *catalog.Chart
	buf := make([]query.Point, 64)
	for _, d := range dims {
		c, err := m.Cursor(ctx, d)
		if err != nil {
			return err
		}
		if c == nil {
			continue
		}
		sum, count := 0.0, uint32(0)
		if err := readPoints(ctx, c, buf, func(p *query.Point) {
			sum += p.Sum
			count += p.Count
		}); err != nil {
			return err
		}
		if count == 0 {
			continue
		}
		if ch := d.Chart; ch != prepared {
			prepared = ch
			x.chart(ch)
			x.suffix(ch)
			x.declare(x.metric, ch, "gauge")
		}
		if x.source == sourceAverage {
			sum /= float64(count)
		}
		x.finish(appendDecimals(x.open(x.metric, x.dimension(d)), sum), min(before, d.Chart.Last()))
	}
	return nil
}

// suffix appends to the name of a metric what its values are.
func (x *exposition) suffix(ch *catalog.Chart) {
	if x.source == sourceSum {
		x.metric = append(x.metric, "_sum"...)
		return
	}
	if !x.hideUnits {
		x.metric = appendUnits(x.metric, ch.Def().Units, x.oldUnits)
	}
	x.metric = append(x.metric, "_average"...)
}

// byContext returns charts with those of a context together, in order of appearance: the text format wants all samples of a
// metric in one group.
func byContext(charts []*catalog.Chart) []*catalog.Chart {
	place := map[string]int{}
	var groups [][]*catalog.Chart
	for _, ch := range charts {
		context := ch.Def().Context
		i, known := place[context]
		if !known {
			i = len(groups)
			place[context] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], ch)
	}
	return slices.Concat(groups...)
}
