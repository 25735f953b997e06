package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"foster/storage"
	"foster/storage/catalog"
	"foster/storage/query"
)

// Limits of the history in a fleet answer.
const (
	maxFleetSeries = 100 // hosts
	fleetPoints    = 60  // values of a figure
	fleetStep      = 5   // seconds that a value is the average of
)

// fleet answers /api/foster/v1/fleet: the state and the present figures of all hosts, from memory, and for the hosts in
// series a short history of the figures, from the store. It is what a page asks for every second; /api/foster/v1/hosts tells
// the rest, which changes rarely.
func (a *API) fleet(rp *reply, rq *request) {
	var wanted []*catalog.Host
	for list := range rq.params.all("series") {
		for name := range strings.SplitSeq(list, ",") {
			if h := a.catalog.Find(name); h != nil && name != "" {
				wanted = append(wanted, h)
			}
		}
	}
	if len(wanted) > maxFleetSeries {
		rp.fail(http.StatusBadRequest, "At most "+strconv.Itoa(maxFleetSeries)+" hosts can be in series.")
		return
	}
	rp.open('{')
	rp.keyNumber("now", unix(rq.now))
	rp.keyOpen("hosts", '[')
	for _, h := range a.catalog.Hosts() {
		a.fleetHost(&rp.encoder, h, rq.now)
	}
	rp.close(']')
	if len(wanted) > 0 {
		ctx, done, ok := a.begin(rp, rq, 0)
		if !ok {
			return
		}
		defer done()
		if err := a.fleetSeries(ctx, &rp.encoder, wanted, rq.now); err != nil {
			a.failQuery(rp, rq, "read the figures of hosts", err)
			return
		}
	}
	rp.close('}')
}

// fleetHost writes the present figures of a host; those that it does not send, or not now, are null.
func (a *API) fleetHost(e *encoder, h *catalog.Host, now time.Time) {
	e.open('{')
	e.keyString("guid", h.GUID)
	e.keyString("state", string(h.State(now)))
	percent := 100.0
	if conn := h.Connection(); conn != nil {
		percent = math.Floor(10*conn.ReplayPercent()) / 10
	}
	e.keyNumber("replication_percent", percent)
	e.keyNumber("last_seen", unix(h.LastSeen()))
	e.keyNumber("samples_per_second", math.Round(10*a.facts.rate(h))/10)
	figure := func(k *gaugeKind) (v, whole float64) {
		g, ok := k.gauge(h)
		if !ok {
			return math.NaN(), math.NaN()
		}
		return g.newest(now.Unix())
	}
	plain := func(name string, k *gaugeKind) {
		v, _ := figure(k)
		e.keyNumber(name, rounded(v))
	}
	plain("uptime_seconds", &gaugeUptime)
	plain("cpu_percent", &gaugeCPU)
	memory, total := figure(&gaugeMemory)
	e.keyNumber("memory_percent", rounded(memory))
	e.keyNumber("memory_bytes", math.Round(total))
	plain("disk_bytes_per_second", &gaugeDisk)
	plain("network_bits_per_second", &gaugeNetwork)
	if space, ok := a.facts.fullest(h, now); ok {
		e.keyOpen("disk_space", '{')
		e.keyString("of", space.name)
		e.keyNumber("percent", rounded(space.percent))
		e.close('}')
	} else {
		e.keyNull("disk_space")
	}
	a.fleetAlerts(e, h.GUID)
	e.close('}')
}

// rounded keeps what a figure of a list can show: three digits.
func rounded(v float64) float64 {
	if a := math.Abs(v); a >= 1000 || a == 0 || math.IsNaN(v) {
		return math.Round(v)
	} else if a >= 10 {
		return math.Round(10*v) / 10
	}
	return math.Round(1000*v) / 1000
}

// fleetFigures are the figures with a history.
var fleetFigures = []struct {
	name string
	kind *gaugeKind
}{{"cpu", &gaugeCPU}, {"memory", &gaugeMemory}, {"disk", &gaugeDisk}, {"network", &gaugeNetwork}}

// fleetSeries writes the history of the figures of hosts: averages over steps that are complete.
func (a *API) fleetSeries(ctx context.Context, e *encoder, hosts []*catalog.Host, now time.Time) error {
	before := (now.Unix() - 1) / fleetStep * fleetStep
	r := storage.Range{After: before - fleetPoints*fleetStep, Before: before, Step: fleetStep}
	gauges := make([][]gauge, len(hosts)) // by host and figure; no chart where there is none
	var dims []*catalog.Dimension
	for i, h := range hosts {
		if err := a.retention(ctx, h); err != nil {
			return fmt.Errorf("load retention: %w", err)
		}
		gauges[i] = make([]gauge, len(fleetFigures))
		for k := range fleetFigures {
			if g, ok := fleetFigures[k].kind.gauge(h); ok {
				gauges[i][k] = g
				dims = append(dims, g.dims...)
			}
		}
	}
	read, err := a.source.SelectMany(ctx, dims, r)
	if err != nil {
		return err
	}
	defer func() { _ = read.Close() }() // the points have been read

	e.keyInt("step", fleetStep)
	e.keyOpen("series", '{')
	buffer := make([]query.Point, 512)
	for i, h := range hosts {
		e.keyOpen(h.GUID, '{')
		e.keyInt("first", r.After+fleetStep)
		for k := range fleetFigures {
			g := &gauges[i][k]
			if g.chart == nil {
				continue
			}
			columns, err := g.history(ctx, read, r, buffer)
			if err != nil {
				return fmt.Errorf("%s of %s: %w", g.chart.ID, h.GUID, err)
			}
			e.keyOpen(fleetFigures[k].name, '[')
			values := make([]float64, len(columns))
			for row := range columns[0] {
				for d := range columns {
					values[d] = columns[d][row]
				}
				v, _ := g.value(values)
				e.number(rounded(v))
			}
			e.close(']')
		}
		e.close('}')
	}
	e.close('}')
	return nil
}

// history returns the averages of the dimensions over the steps of r, NaN where there is nothing.
func (g *gauge) history(ctx context.Context, m many, r storage.Range, buffer []query.Point) ([][]float64, error) {
	columns := make([][]float64, len(g.dims))
	var n [fleetPoints]float64
	for i, d := range g.dims {
		sums := make([]float64, fleetPoints)
		columns[i] = sums
		clear(n[:])
		cursor, err := m.Cursor(ctx, d)
		if err != nil {
			return nil, err
		}
		for cursor != nil {
			read, err := cursor.Read(buffer)
			for p := range buffer[:read] {
				spread(&buffer[p], r.After, sums, n[:])
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, err
			}
			if read == 0 {
				return nil, io.ErrNoProgress
			}
		}
		for row := range sums {
			sums[row] /= n[row] // 0/0 is NaN
		}
	}
	return columns, nil
}

// spread counts a point to the steps that it covers: a chart may be collected less often than the steps change.
func spread(p *query.Point, after int64, sums, n []float64) {
	if p.Count == 0 || p.End <= after {
		return
	}
	first := max(0, (p.Start-after)/fleetStep)
	last := min(int64(len(sums))-1, (p.End-after-1)/fleetStep)
	for row := first; row <= last; row++ {
		sums[row] += p.Sum / float64(p.Count)
		n[row]++
	}
}
