package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"

	"foster/replication/swarm"
	"foster/storage"
	"foster/storage/catalog"
	"foster/storage/query"
)

// storageLoad is what bench storage puts into a store: as many hosts as it takes, each with hostSeries dimensions.
type storageLoad struct {
	series  int
	minutes int
	every   int // seconds between the points of a series
}

const (
	hostCharts, chartDimensions = 200, 10
	hostSeries                  = hostCharts * chartDimensions
)

func runBenchStorage(ctx context.Context, e *env, args []string) error {
	fs := flag.NewFlagSet("foster bench storage", flag.ContinueOnError)
	fs.SetOutput(e.stderr)
	fs.Usage = func() {
		fmt.Fprint(e.stderr, "Usage: foster bench storage [flags]\n\n"+
			"Fills a store as fast as it goes, in a process of its own, with what children would send in --minutes; queries it;\n"+
			"kills it, and measures how long a parent takes to start on what is left. Everything is on the disk of --dir.\n\n")
		fs.PrintDefaults()
	}
	var l storageLoad
	fs.IntVar(&l.series, "series", 100_000, "`number` of dimensions")
	fs.IntVar(&l.minutes, "minutes", 50, "how many `minutes` each has points for, at least 40: then there are blocks")
	fs.IntVar(&l.every, "every", 1, "`seconds` between two points of a dimension")
	dir := fs.String("dir", os.TempDir(), "`directory` for the store; it takes about 16 bytes a point")
	fill := fs.String("fill", "", "only fill a store in this `directory` and wait to be killed: bench storage does so with itself")
	if err := parse(e, fs, args); err != nil {
		return err
	}
	if l.series < 1 || l.minutes < 40 || l.every < 1 {
		fmt.Fprintln(e.stderr, "foster bench storage: it takes a series, 40 minutes and a second between points at least")
		return errUsage
	}
	if *fill != "" {
		return fillStore(ctx, e, *fill, l)
	}
	return benchStorage(ctx, e, *dir, l)
}

// filled is what the process that fills a store says of it, in JSON.
type filled struct {
	Points           uint64
	Thread, All      time.Duration // CPU time of the thread that appended, and of the whole process
	RSS, Anon        int64         // bytes, more than before: all, and without mapped files
	Head, Block, Old time.Duration // the usual query of the head, of a block, and of the coarsest tier
	OldPoints        int           // that the last one had
	Tiers            []storage.TierStats
}

// benchStorage has a store filled, and prints the figures.
func benchStorage(ctx context.Context, e *env, in string, l storageLoad) (err error) {
	dir, err := os.MkdirTemp(in, "foster-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	data := filepath.Join(dir, "data")
	fmt.Fprintf(e.stdout, "storage: %d series, %d minutes, a point every %d s\n", l.series, l.minutes, l.every)
	f, high, err := fillAndKill(ctx, e, data, l)
	if err != nil {
		return fmt.Errorf("fill a store: %w", err)
	}
	points := float64(f.Points)
	fmt.Fprintf(e.stdout, "  append              %8.0f ns CPU/sample; %.0f all in: blocks cut, tiers derived, garbage collected\n",
		float64(f.Thread.Nanoseconds())/points, float64(f.All.Nanoseconds())/points)
	fmt.Fprintf(e.stdout, "  memory              %8.2f KiB/series, %.2f with mapped files (%d MiB, %d MiB; highest %d MiB)\n",
		float64(f.Anon)/1024/float64(l.series), float64(f.RSS)/1024/float64(l.series), f.Anon>>20, f.RSS>>20, high>>20)
	fmt.Fprintf(e.stdout, "  10 × 600 points     %8.2f ms from the head, %.2f ms from a block\n", milliseconds(f.Head), milliseconds(f.Block))
	fmt.Fprintf(e.stdout, "  10 × all            %8.2f ms from the coarsest tier, %d points\n", milliseconds(f.Old), f.OldPoints)
	printTiers(e.stdout, f.Tiers)
	return benchStart(ctx, e, dir)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// fillAndKill runs fillStore in a process of its own, which ends as if the machine had lost power, and returns what it says
// and the most memory it had.
func fillAndKill(ctx context.Context, e *env, data string, l storageLoad) (f filled, high int64, err error) {
	self, err := os.Executable()
	if err != nil {
		return f, 0, fmt.Errorf("find the foster binary: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, "bench", "storage", "--fill", data, "--series", fmt.Sprint(l.series),
		"--minutes", fmt.Sprint(l.minutes), "--every", fmt.Sprint(l.every))
	cmd.Stderr = e.stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return f, 0, err
	}
	if err := cmd.Start(); err != nil {
		return f, 0, err
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &f)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // killed
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		high = usage.Maxrss << 10
	}
	return f, high, err
}

// fillStore fills a store, measures what it can do, prints a filled and waits for its end.
func fillStore(ctx context.Context, e *env, dir string, l storageLoad) error {
	o := storage.DefaultOptions()
	o.Dir = dir
	o.Logger = slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s, err := storage.Open(ctx, o)
	if err != nil {
		return err
	}
	defer tuneGC(ctx)()    // as a parent does
	runtime.LockOSThread() // whose CPU time is measured
	defer runtime.UnlockOSThread()
	before, err := usageOf(os.Getpid())
	if err != nil {
		return err
	}
	var f filled
	charts := defineSeries(s, l)
	var end int64
	var generating time.Duration
	if f.Thread, generating, end, err = feed(ctx, s, charts, l); err != nil {
		return err
	}
	if err := settled(ctx, s); err != nil {
		return err
	}
	f.Points, f.Tiers = s.Stats().Appended, s.Stats().Tiers
	after, err := usageOf(os.Getpid())
	if err != nil {
		return err
	}
	f.RSS, f.Anon, f.All = after.rss-before.rss, after.anon-before.anon, after.cpu-before.cpu-generating
	first := end - int64(l.minutes)*60
	wide := int64(600 * l.every)
	if f.Head, _, err = timeQuery(ctx, s, charts, storage.Range{After: end - wide, Before: end}); err != nil {
		return err
	}
	if f.Block, _, err = timeQuery(ctx, s, charts, storage.Range{After: first, Before: first + wide}); err != nil {
		return err
	}
	coarsest := len(f.Tiers) - 1
	if f.Old, f.OldPoints, err = timeQuery(ctx, s, charts, storage.Range{After: first, Before: end, Step: 1 << 20, Tier: coarsest}); err != nil {
		return err
	}
	if err := json.NewEncoder(e.stdout).Encode(f); err != nil {
		return err
	}
	<-ctx.Done()
	return s.Close()
}

// benchChart is a chart with its values.
type benchChart struct {
	*catalog.Chart
	host, number int
}

// defineSeries defines the charts of a load.
func defineSeries(s *storage.Store, l storageLoad) []benchChart {
	defs := swarm.Synthetic(hostCharts, chartDimensions)
	var charts []benchChart
	for n := range (l.series + chartDimensions - 1) / chartDimensions {
		host := n / hostCharts
		h := s.Catalog().Define(fmt.Sprintf("f0570000-0000-4000-8000-%012d", host),
			catalog.HostInfo{Hostname: fmt.Sprintf("bench-%04d", host), UpdateEvery: int64(l.every)})
		def := defs[n%hostCharts]
		def.UpdateEvery = int64(l.every)
		ch := h.DefineChart(def.Chart)
		for _, d := range def.Dimensions {
			ch.AddDimension(d)
		}
		charts = append(charts, benchChart{ch, host, n % hostCharts})
	}
	return charts
}

// feed appends a load's points, which end now. It returns the CPU time that appending took, and what it took to think of the
// values.
func feed(ctx context.Context, s *storage.Store, charts []benchChart, l storageLoad) (appending, generating time.Duration, end int64, err error) {
	values := make([]swarm.Values, charts[len(charts)-1].host+1)
	for i := range values {
		values[i] = swarm.Mix(uint64(i))
	}
	every := int64(l.every)
	end = time.Now().Unix() / every * every
	a := s.Appender()
	row := make([]float64, len(charts)*chartDimensions)
	last, err := threadCPU()
	if err != nil {
		return 0, 0, 0, err
	}
	lap := func(total *time.Duration) {
		now, _ := threadCPU() // has worked before
		*total += now - last
		last = now
	}
	for at := end - int64(l.minutes)*60 + every; at <= end; at += every {
		if err := ctx.Err(); err != nil {
			return 0, 0, 0, err
		}
		for i, ch := range charts {
			for k := range chartDimensions {
				row[i*chartDimensions+k] = values[ch.host](ch.number, k, at)
			}
		}
		lap(&generating)
		if err := feedSecond(a, charts, row, at); err != nil {
			return 0, 0, 0, err
		}
		if at%60 < every {
			s.MapHead() // as a minute goes by
		}
		lap(&appending)
	}
	return appending, generating, end, nil
}

func feedSecond(a *storage.Appender, charts []benchChart, row []float64, at int64) error {
	for i, ch := range charts {
		for k, d := range ch.Dimensions() {
			if err := a.Append(d, at, row[i*chartDimensions+k], 0); err != nil {
				return err
			}
		}
		if a.Pending() >= 4096 {
			if err := a.Commit(); err != nil {
				return err
			}
		}
	}
	return a.Commit()
}

// timeQuery returns how long it takes to read the dimensions of a chart, on average over some charts, and how many points one
// of them has.
func timeQuery(ctx context.Context, s *storage.Store, charts []benchChart, r storage.Range) (each time.Duration, points int, err error) {
	const queries = 100
	rnd := rand.New(rand.NewPCG(1, 2))
	buf := make([]query.Point, 256)
	start := time.Now()
	for range queries {
		ch := charts[rnd.IntN(len(charts))]
		points = 0
		selection, err := s.Select(ctx, ch.Chart, ch.Dimensions(), r)
		if err != nil {
			return 0, 0, err
		}
		for _, series := range selection.Series {
			for err == nil {
				var n int
				n, err = series.Cursor.Read(buf)
				points += n
			}
			if !errors.Is(err, io.EOF) {
				return 0, 0, errors.Join(err, selection.Close())
			}
			err = nil
		}
		if err := selection.Close(); err != nil {
			return 0, 0, err
		}
	}
	return time.Since(start) / queries, points, nil
}

// printTiers prints what the blocks of each tier take.
func printTiers(w io.Writer, tiers []storage.TierStats) {
	total := 0.0
	for n, t := range tiers {
		if t.Samples == 0 {
			fmt.Fprintf(w, "  tier %d              no block yet\n", n)
			continue
		}
		size := float64(t.BlockBytes) / float64(t.Samples)
		total += size
		fmt.Fprintf(w, "  tier %d              %8.3f bytes/sample in %d blocks\n", n, size, t.Blocks)
	}
	fmt.Fprintf(w, "  all tiers           %8.3f bytes/sample\n", total)
}

// settled waits until blocks have been cut, which is considered every minute, and the coarse tiers have what is in them.
func settled(ctx context.Context, s *storage.Store) error {
	for deadline := time.Now().Add(5 * time.Minute); ; {
		tiers := s.Stats().Tiers
		behind := slices.ContainsFunc(tiers, func(t storage.TierStats) bool { return t.Samples == 0 || t.Samples < tiers[0].Samples })
		if !behind {
			return nil
		}
		if time.Now().After(deadline) {
			return errors.New("there are no blocks of each tier after five minutes")
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

// benchStart measures how long a parent takes to be ready on a data directory.
func benchStart(ctx context.Context, e *env, dir string) error {
	wal, err := diskUsage(filepath.Join(dir, "data", "tier0", "wal"))
	if err != nil {
		return err
	}
	start := time.Now()
	p, err := launchBenchParent(dir)
	if err != nil {
		return err
	}
	if err := p.waitFor(ctx, "/healthz", http.StatusOK, startTimeout); err != nil {
		return errors.Join(err, p.stop())
	}
	listening := time.Since(start)
	if err := p.waitFor(ctx, "/readyz", http.StatusOK, startTimeout); err != nil {
		return errors.Join(err, p.stop())
	}
	ready := time.Since(start)
	usage, err := p.usage()
	if err != nil {
		return errors.Join(err, p.stop())
	}
	fmt.Fprintf(e.stdout, "  start after a kill  %8.2f s until it answers, %.1f s until it is ready: %d MiB of log, %.1f s CPU, highest %d MiB\n",
		listening.Seconds(), ready.Seconds(), wal>>20, usage.cpu.Seconds(), usage.pageHigh>>20)
	start = time.Now()
	if err := p.stop(); err != nil {
		return err
	}
	stopped := time.Since(start)
	start = time.Now()
	if p, err = launchBenchParent(dir); err != nil {
		return err
	}
	err = p.waitFor(ctx, "/readyz", http.StatusOK, startTimeout)
	fmt.Fprintf(e.stdout, "  start after a stop  %8.2f s until it is ready; the stop took %.1f s\n", time.Since(start).Seconds(), stopped.Seconds())
	return errors.Join(err, p.stop())
}

// startTimeout bounds a start.
const startTimeout = 30 * time.Minute
