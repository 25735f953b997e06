package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"foster/replication/swarm"
	"foster/replication/wire"
	"foster/storage"
	"foster/storage/catalog"
	"foster/storage/query"
)

// envLong and envSeed make TestCrash run longer, and with the moments of an earlier run.
const (
	envLong = "FOSTER_LONG"
	envSeed = "FOSTER_SEED"
)

// moment is a kind of moment at which the process is killed.
type moment struct {
	name   string
	weight int
	// files is a pattern in the data directory: the time counts from when a file appears. Without it, it counts from the
	// start of the process, or from when it is ready.
	files string
	ready bool
	stop  bool          // it is told to stop first
	most  time.Duration // the process is killed at a random time up to this
}

var moments = []moment{
	{name: "start", weight: 3, most: 400 * time.Millisecond},
	{name: "stream", weight: 6, ready: true, most: 1500 * time.Millisecond},
	{name: "block", weight: 3, ready: true, files: "tier*/*tmp-for-creation*", most: 40 * time.Millisecond},
	{name: "late block", weight: 2, files: "tier*/*tmp-for-creation*", most: 40 * time.Millisecond},
	{name: "deletion", weight: 1, files: "tier*/*tmp-for-deletion*", most: 5 * time.Millisecond},
	{name: "derivation", weight: 2, ready: true, files: "tier[12]/*tmp*", most: 20 * time.Millisecond},
	{name: "stop", weight: 2, ready: true, stop: true, most: 250 * time.Millisecond},
	{name: "checkpoint", weight: 2, ready: true, files: "tier*/wal/checkpoint.*.tmp", most: 20 * time.Millisecond},
}

// patience is how long files are waited for.
const patience = 3 * time.Second

// crash is a parent that is killed while children stream to it.
type crash struct {
	t    *testing.T
	rand *rand.Rand
	dir  string
	addr string
	hits map[string]int // kills, by kind of moment
}

// newCrash returns a crash that has a configuration and no parent yet.
func newCrash(t *testing.T, seed uint64) *crash {
	t.Helper()
	addr, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	c := &crash{t: t, rand: rand.New(rand.NewPCG(seed, 0)), dir: t.TempDir(), addr: addr, hits: map[string]int{}}
	c.configure()
	return c
}

// parent is a running process.
type parent struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	log  syncBuffer
}

// syncBuffer is written by a process and read by the test.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// program is the program to kill: FOSTER_BIN, or the test binary, which is slower with the race detector.
func program() string {
	if bin := os.Getenv("FOSTER_BIN"); bin != "" {
		return bin
	}
	return "foster"
}

// startParent starts the real program.
func (c *crash) startParent() *parent {
	c.t.Helper()
	p := &parent{cmd: exec.Command(program(), "run", "--config", filepath.Join(c.dir, "config"), "--data", c.data(), "--listen", c.addr), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	p.cmd.Stdout, p.cmd.Stderr = io.Discard, &p.log
	if err := p.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	go func() { defer close(p.done); _ = p.cmd.Wait() }()
	c.t.Cleanup(p.kill)
	return p
}

func (p *parent) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

func (c *crash) data() string { return filepath.Join(c.dir, "data") }

// waitReady waits until the store is open.
func (c *crash) waitReady(p *parent) {
	c.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		select {
		case <-p.done:
			c.t.Fatalf("foster has ended: %s", &p.log)
		default:
		}
		resp, err := http.Get("http://" + c.addr + "/api/v1/info")
		if err != nil {
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return
		}
	}
	c.t.Fatalf("foster is not ready: %s", &p.log)
}

// run starts foster and kills it at one of the moments.
func (c *crash) run() {
	c.t.Helper()
	total := 0
	for _, m := range moments {
		total += m.weight
	}
	n, pick := c.rand.IntN(total), 0
	for n >= moments[pick].weight {
		n -= moments[pick].weight
		pick++
	}
	m := moments[pick]
	p := c.startParent()
	if m.ready {
		c.waitReady(p)
	}
	hit := true
	if m.files != "" {
		hit = c.await(m.files)
	}
	if m.stop {
		time.Sleep(time.Duration(c.rand.Int64N(int64(time.Second))))
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			c.t.Fatal(err)
		}
	}
	time.Sleep(time.Duration(c.rand.Int64N(int64(m.most))))
	select {
	case <-p.done:
		if !m.stop {
			c.t.Fatalf("foster has ended: %s", &p.log)
		}
	default:
	}
	p.kill()
	if hit {
		c.hits[m.name]++
	} else {
		c.hits["none"]++
	}
	if log := p.log.String(); strings.Contains(log, "level=ERROR") || strings.Contains(log, "panic") {
		c.t.Errorf("killed at %s: %s", m.name, log)
	}
}

// await waits until a file of that pattern appears.
func (c *crash) await(pattern string) bool {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if found, err := filepath.Glob(filepath.Join(c.data(), pattern)); err != nil {
			c.t.Fatal(err)
		} else if len(found) > 0 {
			return true
		}
	}
	return false
}

// crashSeed returns the seed of the moments.
func crashSeed(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv(envSeed)
	if text == "" {
		return rand.Uint64()
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return seed
}

// The data of the children of TestCrash.
const (
	crashCharts, crashDims = 3, 4
	slowChart              = 2 // collected each 5 s
	crashPast              = 16 * time.Hour
)

// crashList returns the charts of a child.
func crashList() []swarm.Chart {
	list := swarm.Synthetic(crashCharts, crashDims)
	list[slowChart].UpdateEvery = 5
	return list
}

// children starts children that stream until the test ends. Their clock is now.
func (c *crash) children(ctx context.Context, wg *sync.WaitGroup, first int, now func() time.Time, caps ...wire.Caps) *swarm.Swarm {
	c.t.Helper()
	s, err := swarm.NewSwarm(len(caps), 0, func(i int) swarm.Options {
		return swarm.Options{
			Addr: c.addr, APIKey: benchKey, GUID: crashGUID(first + i), Hostname: fmt.Sprint("crash-", first+i), Caps: caps[i],
			Charts: crashList(), Values: swarm.Mix(uint64(first + i)), History: time.Duration(1+c.rand.IntN(3*3600)) * time.Second,
			ReconnectDelay: 20 * time.Millisecond, ReplayBytes: 50_000 << c.rand.IntN(6), Now: now,
		}
	})
	if err != nil {
		c.t.Fatal(err)
	}
	wg.Go(func() { s.Run(ctx) })
	return s
}

func crashGUID(i int) string { return fmt.Sprintf("f0570000-0000-4000-8000-%012d", i) }

// TestCrash kills foster with SIGKILL at random moments: while it starts, receives, answers replays, cuts, merges and
// deletes blocks. Children of all ages stream meanwhile. At the end every sample they have sent is compared with what is
// stored: nothing may be missing, doubled or different.
//
// The first children live in the past, and fast, so that their live data fill a block every few seconds; those that
// come later have history to replay.
func TestCrash(t *testing.T) {
	kills := 50
	switch {
	case os.Getenv(envLong) != "":
		kills = 250
	case testing.Short():
		kills = 10
	}
	seed := crashSeed(t)
	t.Logf("%s=%d", envSeed, seed)
	c := newCrash(t, seed)
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()

	// Killed while it makes its files.
	for range max(3, kills/10) {
		p := c.startParent()
		time.Sleep(time.Duration(c.rand.Int64N(int64(200 * time.Millisecond))))
		p.kill()
		c.hits["first start"]++
		kills--
	}

	begin := time.Now()
	fastFor := time.Duration(kills) * 1500 * time.Millisecond
	clock := func() time.Time { // from crashPast ago to now, which it reaches after fastFor
		passed := time.Since(begin)
		if passed >= fastFor {
			return time.Now()
		}
		return time.Now().Add(-time.Duration(float64(crashPast) * (1 - float64(passed)/float64(fastFor))))
	}
	swarms := []*swarm.Swarm{c.children(ctx, &wg, 0, clock, swarm.CapsV2, swarm.CapsV2|wire.LZ4)}
	n := 2
	for kill := range kills {
		if kill%6 == 2 {
			now := clock
			one := swarm.CapsV2 | wire.LZ4
			if time.Since(begin) > fastFor || c.rand.IntN(3) == 0 {
				now, one = time.Now, swarm.CapsV1|wire.LZ4 // whose points get the time of our clock
			}
			swarms = append(swarms, c.children(ctx, &wg, n, now, one))
			n++
		}
		c.run()
	}
	if passed := time.Since(begin); passed < fastFor {
		t.Logf("the past is over in %v", fastFor-passed)
	}
	p := c.startParent()
	c.waitReady(p)
	time.Sleep(max(0, time.Until(begin.Add(fastFor))))
	end := c.settle(ctx, p, swarms...)
	p.kill()
	cancel()
	wg.Wait()
	t.Logf("kills: %v", c.hits)

	c.compare(swarms, end)
}

// configure writes the configuration.
func (c *crash) configure() {
	c.t.Helper()
	if err := os.MkdirAll(filepath.Join(c.dir, "config"), 0o750); err != nil {
		c.t.Fatal(err)
	}
	conf := "[" + benchKey + "]\n    enabled = yes\n"
	if err := os.WriteFile(filepath.Join(c.dir, "config", "stream.conf"), []byte(conf), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// waitLive waits until all replays are finished.
func (c *crash) waitLive(ctx context.Context, p *parent, swarms ...*swarm.Swarm) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for _, s := range swarms {
		if err := s.WaitLive(ctx); err != nil {
			c.t.Fatalf("%v: %s", err, &p.log)
		}
	}
}

// settle waits until all that the children have up to a time is stored, and returns that time.
func (c *crash) settle(ctx context.Context, p *parent, swarms ...*swarm.Swarm) (end int64) {
	c.t.Helper()
	c.waitLive(ctx, p, swarms...)
	end = time.Now().Unix() + 1
	time.Sleep(time.Until(time.Unix(end+2, 0))) // sent, and committed
	return end
}

// waitMetric waits until a metric has a value.
func (c *crash) waitMetric(p *parent, name string, want int64) {
	c.t.Helper()
	got := int64(0)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		select {
		case <-p.done:
			c.t.Fatalf("foster has ended: %s", &p.log)
		default:
		}
		if resp, err := http.Get("http://" + c.addr + "/metrics"); err != nil {
			continue
		} else {
			_ = resp.Body.Close()
		}
		if got = metricOf(c.t, c.addr, name); got == want {
			return
		}
	}
	c.t.Fatalf("%s is %d, want %d: %s", name, got, want, &p.log)
}

// compare compares what is stored with what the children have sent up to the time end.
func (c *crash) compare(swarms []*swarm.Swarm, end int64) {
	t := c.t
	opts := storage.DefaultOptions()
	opts.Dir = c.data()
	store, err := storage.Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	total, n := 0, 0
	for _, s := range swarms {
		for _, child := range s.Children() {
			host := store.Catalog().Host(crashGUID(n))
			if host == nil {
				t.Fatalf("host %d is not known", n)
			}
			for i := range crashCharts {
				ch := host.Chart(crashList()[i].ID)
				if ch == nil {
					t.Fatalf("host %d lacks chart %d", n, i)
				}
				total += compareChart(t, store, ch, child, i, end)
			}
			n++
		}
	}
	t.Logf("%d samples of %d children are as they were sent", total, n)
	if total == 0 {
		t.Error("nothing was compared")
	}
}

// compareChart compares a chart and returns how many samples the child has sent of it.
func compareChart(t *testing.T, store *storage.Store, ch *catalog.Chart, child *swarm.Child, i int, end int64) (sent int) {
	t.Helper()
	var times []int64
	for _, span := range child.Given(i) {
		for at := span.From; at <= min(span.To, end); at += ch.UpdateEvery() {
			times = append(times, at)
		}
	}
	for d, dim := range ch.Dimensions() {
		value := func(at int64) float64 { return child.Value(i, d, at) }
		if complaints, n := compareDimension(t, store, dim, times, end, value); n > 0 {
			t.Errorf("%s, %s, %s: %d complaints of %d points: %s", ch.Host.Info().Hostname, ch.ID, dim.ID, n, len(times), complaints)
		}
		// Tiers are derived in the background.
		var complaints string
		for deadline := time.Now().Add(2 * time.Minute); !t.Failed() && time.Now().Before(deadline); {
			if complaints = compareTiers(t, store, dim, times, end, value); complaints == "" {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		if complaints != "" {
			t.Errorf("%s, %s, %s: %s", ch.Host.Info().Hostname, ch.ID, dim.ID, complaints)
		}
		sent += len(times)
	}
	return sent
}

// compareDimension compares the points of a dimension with what was sent at these times. It returns how many are wrong,
// and how the first are.
func compareDimension(t *testing.T, store *storage.Store, dim *catalog.Dimension, times []int64, end int64, value func(int64) float64) (complaints string, bad int) {
	t.Helper()
	complain := func(format string, args ...any) {
		if bad++; bad <= 3 {
			complaints += "\n" + fmt.Sprintf(format, args...)
		}
	}
	points := readPoints(t, store, dim, storage.Range{After: times[0] - 1, Before: end})
	k := 0
	for _, at := range times {
		for ; k < len(points) && points[k].End < at; k++ {
			complain("a point at %d that was not sent, or twice, %d s before the end", points[k].End, end-points[k].End)
		}
		if k == len(points) || points[k].End > at {
			complain("no point at %d, %d s before the end", at, end-at)
			continue
		}
		if got, want := points[k].Sum, value(at); !near(got, want) {
			complain("%v at %d, %d s before the end, want %v", got, at, end-at, want)
		}
		k++
	}
	if k < len(points) {
		complain("%d points behind the last sent", len(points)-k)
	}
	return complaints, bad
}

// headTime is more than tier 0 holds in its head, of which no coarse tier is derived.
const headTime = 2 * 3600

// compareTiers compares the coarse tiers of a dimension with what was sent. It returns what is wrong first.
func compareTiers(t *testing.T, store *storage.Store, dim *catalog.Dimension, times []int64, end int64, value func(int64) float64) string {
	t.Helper()
	for tier, step := range map[int]int64{1: 60, 2: 3600} {
		points := readPoints(t, store, dim, storage.Range{After: times[0] - 1, Before: end - headTime, Tier: tier})
		k := 0
		for len(times) > 0 && k < len(times) {
			at := (times[k] + step - 1) / step * step // the end of the window
			if at > end-headTime {
				break
			}
			var count, sum float64
			lowest, highest := math.Inf(1), math.Inf(-1)
			for ; k < len(times) && times[k] <= at; k++ {
				v := float64(float32(value(times[k])))
				count, sum, lowest, highest = count+1, sum+v, min(lowest, v), max(highest, v)
			}
			if len(points) == 0 || points[0].End != at {
				return fmt.Sprintf("tier %d has no point at %d, %d s before the end", tier, at, end-at)
			}
			p := points[0]
			points = points[1:]
			if float64(p.Count) != count || !near(p.Sum, sum) || !near(p.Min, lowest) || !near(p.Max, highest) {
				return fmt.Sprintf("tier %d has %+v at %d, %d s before the end, want %v samples, sum %v, from %v to %v", tier, p, at, end-at, count, sum, lowest, highest)
			}
		}
	}
	return ""
}

// near says whether two values are the same but for the precision of a float32.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-6*math.Abs(b)+1e-7 }

// readPoints returns the points of a dimension.
func readPoints(t *testing.T, store *storage.Store, d *catalog.Dimension, r storage.Range) []query.Point {
	t.Helper()
	selection, err := store.Select(t.Context(), d.Chart, []*catalog.Dimension{d}, r)
	if err != nil {
		t.Fatal(err)
	}
	defer selection.Close()
	var points []query.Point
	buf := make([]query.Point, 4096)
	for {
		n, err := selection.Series[0].Cursor.Read(buf)
		points = append(points, buf[:n]...)
		if errors.Is(err, io.EOF) {
			return points
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
