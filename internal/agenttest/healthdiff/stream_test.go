package healthdiff

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"foster/internal/agenttest"
	"foster/replication/swarm"
	"foster/replication/wire"
)

// step is for how many seconds a level holds. The windows of aligned lookups divide it.
const step = 12

// levels are what the charts show after the script's begin; before and after them it is the first.
var levels = []float64{10, 50, 100, 50, 10}

// script is the values of all charts. They depend on time alone, so that every parent gets the same.
type script struct {
	begin atomic.Int64 // unix seconds, a multiple of step; no change happens before
}

func newScript() *script {
	s := &script{}
	s.begin.Store(math.MaxInt64)
	return s
}

// into returns how many seconds the script runs at a time, below 0 before its begin. The point of a time is that of the
// second that ends then, so the first one of a level is a second behind the change.
func (s *script) into(t int64) int64 { return t - 1 - s.begin.Load() }

func (s *script) level(t int64) float64 {
	i := s.into(t)
	if i < 0 {
		return levels[0]
	}
	if n := i/step + 1; n < int64(len(levels)) {
		return levels[n]
	}
	return levels[0]
}

// flapFor is for how many seconds from its begin flap changes, every 4.
const flapFor = 24

func (s *script) flap(t int64) float64 {
	if i := s.into(t); i >= 0 && i < flapFor && i/4%2 == 0 {
		return 100
	}
	return 0
}

// end is the unix time behind the last change.
func (s *script) end() int64 { return s.begin.Load() + step*int64(len(levels)-1) }

// dimension is one of a chart, and what it shows.
type dimension struct {
	wire.Dimension
	value func(t int64) float64
}

func absolute(id string, value func(t int64) float64) dimension {
	return dimension{wire.Dimension{ID: id, Multiplier: 1, Divisor: 10}, value}
}

// charts returns the charts of the child and their values.
func (s *script) charts() ([]swarm.Chart, swarm.Values) {
	times := func(f float64) func(int64) float64 { return func(t int64) float64 { return f * s.level(t) } }
	named := absolute("dim1", times(2))
	named.Name = "ex one"
	counter := dimension{wire.Dimension{ID: "reqs", Algorithm: wire.Incremental, Multiplier: 1, Divisor: 10}, times(1)}
	var charts []swarm.Chart
	var values [][]dimension
	add := func(id, context, family, device string, every int64, dims ...dimension) {
		c := swarm.Chart{
			Chart:  wire.Chart{ID: id, Title: "T", Units: "widgets", Family: family, Context: context, Priority: 1000 + len(charts), Plugin: "diff.plugin", Module: "lab", UpdateEvery: every},
			Labels: []wire.Label{{Name: "device", Value: device, Source: wire.LabelAuto}},
		}
		for _, d := range dims {
			c.Dimensions = append(c.Dimensions, d.Dimension)
		}
		charts, values = append(charts, c), append(values, dims)
	}
	add("hd.steps", "hd.steps", "steps", "dev0", 1,
		absolute("level", times(1)), absolute("half", times(0.5)), absolute("neg", times(-1)), named,
		absolute("wave", func(t int64) float64 { return s.level(t) + float64(t%4) }),
		absolute("beat", func(t int64) float64 { return s.level(t) + float64(t%3) }))
	add("hd.multi_a", "hd.multi", "fam a", "deva", 1, absolute("x", times(1)), absolute("y", times(2)))
	add("hd.multi_b", "hd.multi", "fam b", "devb", 1, absolute("x", times(3)), absolute("y", times(1)))
	add("hd.share", "hd.share", "share", "dev0", 1,
		absolute("used", times(1)), absolute("avail", func(t int64) float64 { return 200 - s.level(t) }))
	add("hd.counter", "hd.counter", "counter", "dev0", 1, counter)
	add("hd.slow", "hd.slow", "slow", "dev0", 2, absolute("level", times(1)))
	add("hd.flap", "hd.flap", "flap", "dev0", 1, absolute("v", s.flap))
	add("hd.marks", "hd.marks", "marks", "dev0", 1, absolute("level", times(1)))
	return charts, func(chart, dim int, t int64) float64 { return values[chart][dim].value(t) }
}

// stream sends the script to every parent until the test ends.
func (s *script) stream(t *testing.T, key, hostname string, parents ...string) {
	t.Helper()
	guid := agenttest.NewGUID()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	t.Cleanup(func() { cancel(); wg.Wait() })
	for _, addr := range parents {
		charts, values := s.charts()
		c, err := swarm.New(swarm.Options{
			Addr: addr, APIKey: key, GUID: guid, Hostname: hostname, Version: "v1.37.1", Caps: swarm.CapsV1,
			Labels:    []wire.Label{{Name: "_os_name", Value: "Debian", Source: wire.LabelAuto}, {Name: "site", Value: "lab", Source: wire.LabelConfig}},
			Variables: []wire.Variable{{Host: true, Name: "hd_limit", Value: 40}},
			Charts:    charts, Values: values, History: 2 * 60e9,
		})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() { c.Run(ctx) })
	}
}
