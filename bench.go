package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"foster/replication/swarm"
	"foster/replication/wire"
)

// load is what a bench puts on a parent.
type load struct {
	name                 string
	children, charts     int
	dimensions           int
	history              time.Duration
	live                 time.Duration // of streaming, after all history is replayed
	capabilities         wire.Caps
	compression, version string
}

func (l load) metrics() int { return l.children * l.charts * l.dimensions }

// swarm returns the children.
func (l load) swarm(addr string) (*swarm.Swarm, error) {
	charts := swarm.Synthetic(l.charts, l.dimensions)
	return swarm.NewSwarm(l.children, 0, func(i int) swarm.Options {
		return swarm.Options{
			Addr: addr, APIKey: benchKey, GUID: fmt.Sprintf("f0570000-0000-4000-8000-%012d", i), Hostname: fmt.Sprintf("bench-%04d", i),
			Caps: l.capabilities, Charts: charts, Values: swarm.Mix(uint64(i)), History: l.history,
		}
	})
}

func runBench(ctx context.Context, e *env, args []string) error {
	if len(args) > 0 && args[0] == "storage" {
		return runBenchStorage(ctx, e, args[1:])
	}
	if len(args) > 0 && args[0] == "query" {
		return runBenchQuery(ctx, e, args[1:])
	}
	fs := flag.NewFlagSet("foster bench", flag.ContinueOnError)
	fs.SetOutput(e.stderr)
	fs.Usage = func() {
		fmt.Fprint(e.stderr, "Usage: foster bench [live] [replay] [connect] [flags]\n       foster bench storage [flags]\n       foster bench query [flags]\n\n"+
			"Runs a parent in a process of its own, streams simulated children to it, and prints what the parent used.\n"+
			"  live     children stream for --seconds\n"+
			"  replay   10 children with 500 metrics and an hour of history each connect\n"+
			"  connect  500 children with 200 metrics each connect in the same instant\n"+
			"Without names: all of these. foster bench storage measures the store alone, foster bench query the\n"+
			"answers to queries; they have flags of their own.\n\n")
		fs.PrintDefaults()
	}
	live := load{name: "live"}
	fs.IntVar(&live.children, "children", 100, "`number` of children of live")
	fs.IntVar(&live.charts, "charts", 20, "charts of each child of live")
	fs.IntVar(&live.dimensions, "dimensions", 10, "dimensions of each chart of live")
	seconds := fs.Int("seconds", 60, "how long live streams")
	compression := fs.String("compression", "lz4", "none, lz4, zstd, gzip or brotli")
	protocol := fs.String("protocol", "v2", "v2: stored values as of agents since v1.39; v1: collected values")
	against := fs.String("against", "", "also measure live with this Netdata agent as the parent, a `program`")
	names, err := parseNames(fs, args)
	if err != nil {
		return err
	}
	live.live = time.Duration(*seconds) * time.Second
	loads := map[string]load{
		"live":    live,
		"replay":  {name: "replay", children: 10, charts: 50, dimensions: 10, history: time.Hour, live: 2 * time.Second},
		"connect": {name: "connect", children: 500, charts: 20, dimensions: 10, live: 10 * time.Second},
	}
	if len(names) == 0 {
		names = []string{"live", "replay", "connect"}
	}
	for _, name := range names {
		if _, ok := loads[name]; !ok {
			fmt.Fprintf(e.stderr, "foster bench: there is no load %q\n", name)
			return errUsage
		}
	}
	if *against != "" && !slices.Contains(names, "live") {
		fmt.Fprintln(e.stderr, "foster bench: -against is for live")
		return errUsage
	}
	for _, name := range names {
		l := loads[name]
		bits, ok := map[string]wire.Caps{"none": 0, "lz4": wire.LZ4, "zstd": wire.ZSTD, "gzip": wire.GZIP, "brotli": wire.Brotli}[*compression]
		if !ok {
			fmt.Fprintf(e.stderr, "foster bench: there is no compression %q\n", *compression)
			return errUsage
		}
		caps, ok := map[string]wire.Caps{"v1": swarm.CapsV1, "v2": swarm.CapsV2}[*protocol]
		if !ok {
			fmt.Fprintf(e.stderr, "foster bench: there is no protocol %q\n", *protocol)
			return errUsage
		}
		l.capabilities, l.compression, l.version = caps|bits, *compression, *protocol
		if err := bench(ctx, e, l); err != nil {
			return fmt.Errorf("bench %s: %w", name, err)
		}
		if *against != "" && name == "live" {
			if err := benchAgent(ctx, e, l, *against); err != nil {
				return fmt.Errorf("bench live with %s: %w", *against, err)
			}
		}
	}
	return nil
}

// benchKey is the API key of the parents that bench and demo start.
const benchKey = "5b0e7a0c-36d2-4b2a-9a51-0d6c7f0f0001"

// usage is what a process has used.
type processUsage struct {
	cpu      time.Duration // user and system
	rss      int64         // bytes
	anon     int64         // of rss: not mapped files, whose pages the kernel takes back when it needs them
	pageHigh int64         // highest rss, bytes
}

// bench starts a parent, puts l on it and prints the figures.
func bench(ctx context.Context, e *env, l load) (err error) {
	dir, err := os.MkdirTemp("", "foster-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p, err := startBenchParent(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()

	fmt.Fprintf(e.stdout, "\n%s: %d children × %d charts × %d dimensions = %d metrics, %s, compression %s", l.name, l.children, l.charts, l.dimensions, l.metrics(), l.version, l.compression)
	if l.history > 0 {
		fmt.Fprintf(e.stdout, ", %v of history", l.history)
	}
	fmt.Fprintln(e.stdout)
	s, err := l.swarm(p.addr)
	if err != nil {
		return err
	}
	idle, err := p.usage()
	if err != nil {
		return err
	}
	start := time.Now()
	stop, err := runLive(ctx, s)
	if err != nil {
		return err
	}
	defer stop()
	connected := time.Since(start)
	atLive, err := p.usage()
	if err != nil {
		return err
	}
	replayed, err := p.metric(ctx, "foster_samples_stored_total")
	if err != nil {
		return err
	}
	st := s.Stats()
	fmt.Fprintf(e.stdout, "  all live after      %8.2f s   %d connects, %d rejected, %d failed\n", connected.Seconds(), st.Connects, st.Rejections, st.Failures)
	if l.history > 0 {
		cpu := atLive.cpu - idle.cpu
		fmt.Fprintf(e.stdout, "  replay              %8.0f ns CPU/sample, %.1f M samples, %.1f M samples/s\n", float64(cpu.Nanoseconds())/replayed, replayed/1e6, replayed/1e6/connected.Seconds())
	}
	// Series are made by their first sample and definitions are written two seconds later; that is counted by itself.
	if err := pause(ctx, settle); err != nil {
		return err
	}
	steady, err := p.usage()
	if err != nil {
		return err
	}
	before, err := p.metric(ctx, "foster_samples_stored_total")
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "  definitions         %8.1f µs CPU/metric, the first %v of samples included\n", float64((steady.cpu-idle.cpu).Microseconds())/float64(l.metrics()), settle)
	if err := pause(ctx, l.live); err != nil {
		return err
	}
	end, err := p.usage()
	if err != nil {
		return err
	}
	after, err := p.metric(ctx, "foster_samples_stored_total")
	if err != nil {
		return err
	}
	stop()
	sent := s.Stats().Sent
	stored, err := p.waitStored(ctx, float64(sent))
	if err != nil {
		return err
	}
	dropped, err := p.metric(ctx, "foster_samples_dropped_total")
	if err != nil {
		return err
	}
	if live := after - before; live > 0 {
		fmt.Fprintf(e.stdout, "  live                %8.0f ns CPU/sample all in, %.0f samples/s\n",
			float64((end.cpu-steady.cpu).Nanoseconds())/live, live/l.live.Seconds())
	}
	fmt.Fprintf(e.stdout, "  samples             %8.0f sent, %.0f stored, %.0f dropped, %+.0f lost\n", float64(sent), stored, dropped, float64(sent)-stored)
	fmt.Fprintf(e.stdout, "  memory              %8.2f KiB RSS/metric (%d MiB, highest %d MiB; %d MiB without children)\n",
		float64(end.rss)/1024/float64(l.metrics()), end.rss>>20, end.pageHigh>>20, idle.rss>>20)
	disk, err := diskUsage(filepath.Join(dir, "data", "tier0"))
	if err != nil {
		return err
	}
	catalog, err := diskUsage(filepath.Join(dir, "data"))
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "  disk                %8.2f bytes/sample (log and blocks of tier 0), %.0f bytes/metric (catalog)\n",
		float64(disk)/stored, float64(catalog-disk)/float64(l.metrics()))
	total := s.Stats()
	fmt.Fprintf(e.stdout, "  network             %8.2f bytes/sample\n", float64(total.Bytes)/float64(max(1, total.Sent)))
	return nil
}

// benchAgent puts a live load on an agent as the parent, and prints what it uses for each sample sent.
func benchAgent(ctx context.Context, e *env, l load, program string) (err error) {
	dir, err := os.MkdirTemp("", "foster-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p, err := startBenchAgent(ctx, dir, program)
	if err != nil {
		return err
	}
	defer func() { _ = p.stop() }() // it may not end by itself in time
	s, err := l.swarm(p.addr)
	if err != nil {
		return err
	}
	stop, err := runLive(ctx, s)
	if err != nil {
		return err
	}
	defer stop()
	if err := pause(ctx, settle); err != nil {
		return err
	}
	before, err := p.usage()
	if err != nil {
		return err
	}
	sent := s.Stats().Sent
	if err := pause(ctx, l.live); err != nil {
		return err
	}
	after, err := p.usage()
	if err != nil {
		return err
	}
	sent = s.Stats().Sent - sent
	fmt.Fprintf(e.stdout, "  the same with %s\n  live                %8.0f ns CPU/sample all in, %.0f samples/s\n  memory              %8.2f KiB RSS/metric (%d MiB)\n", program,
		float64((after.cpu-before.cpu).Nanoseconds())/float64(max(1, sent)), float64(sent)/l.live.Seconds(), float64(after.rss)/1024/float64(l.metrics()), after.rss>>20)
	return nil
}

// runLive runs children until stop is called, and returns when all of them stream live.
func runLive(ctx context.Context, s *swarm.Swarm) (stop func(), err error) {
	runCtx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); s.Run(runCtx) }()
	stop = func() { cancel(); <-done }
	waitCtx, cancelWait := context.WithTimeout(ctx, 5*time.Minute)
	defer cancelWait()
	if err := s.WaitLive(waitCtx); err != nil {
		stop()
		return nil, fmt.Errorf("wait until all children stream live: %w (%+v)", err, s.Stats())
	}
	return stop, nil
}

// settle is how long a load runs before its steady cost is measured.
const settle = 5 * time.Second

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// benchParent is a parent in a process of its own.
type benchParent struct {
	cmd  *exec.Cmd
	addr string
	log  *bytes.Buffer
}

// startBenchParent starts a parent on the directories config and data below dir, and waits until it is ready.
func startBenchParent(ctx context.Context, dir string) (*benchParent, error) {
	p, err := launchBenchParent(dir)
	if err != nil {
		return nil, err
	}
	if err := p.waitFor(ctx, "/readyz", http.StatusOK, 20*time.Second); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

func launchBenchParent(dir string) (*benchParent, error) {
	conf := filepath.Join(dir, "config")
	if err := os.MkdirAll(conf, 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(conf, "stream.conf"), []byte("["+benchKey+"]\n    enabled = yes\n"), 0o600); err != nil {
		return nil, err
	}
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the foster binary: %w", err)
	}
	p := &benchParent{addr: addr, log: &bytes.Buffer{}}
	p.cmd = exec.Command(self, "run", "--config", conf, "--data", filepath.Join(dir, "data"), "--listen", addr)
	p.cmd.Stderr = p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt reaches us first
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a parent: %w", err)
	}
	return p, nil
}

// waitFor waits until the parent answers a path with a status.
func (p *benchParent) waitFor(ctx context.Context, path string, status int, within time.Duration) error {
	for deadline := time.Now().Add(within); ; {
		resp, err := http.Get("http://" + p.addr + path)
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == status {
				return nil
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the parent does not answer %s within %v", path, within)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func freeAddress() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}

func (p *benchParent) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("stop the parent: %w: %s", err, p.log)
	}
	return nil
}

// signal sends a signal to the parent and the processes it has started.
func (p *benchParent) signal(s syscall.Signal) error {
	if err := syscall.Kill(-p.cmd.Process.Pid, s); err != nil {
		return fmt.Errorf("signal %v to the parent on %s: %w", s, p.addr, err)
	}
	return nil
}

// usage reads what the parent has used so far from /proc.
func (p *benchParent) usage() (processUsage, error) { return usageOf(p.cmd.Process.Pid) }

func usageOf(pid int) (processUsage, error) {
	var u processUsage
	cpu, err := processCPU(pid)
	if err != nil {
		return u, fmt.Errorf("read the CPU time of process %d: %w", pid, err)
	}
	u.cpu = cpu
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return u, fmt.Errorf("read the memory of process %d: %w", pid, err)
	}
	for line := range strings.Lines(string(status)) {
		var kib int64
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kib); err == nil {
			u.rss = kib << 10
		}
		if _, err := fmt.Sscanf(line, "RssAnon: %d kB", &kib); err == nil {
			u.anon = kib << 10
		}
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
			u.pageHigh = kib << 10
		}
	}
	return u, nil
}

// metric reads one of the parent's metrics.
func (p *benchParent) metric(ctx context.Context, name string) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.addr+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("read the parent's metrics: %w", err)
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(io.LimitReader(resp.Body, 16<<20)); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, fmt.Errorf("the parent has no metric %s", name)
}

// waitStored waits until the parent has stored want samples, or no more for a second, and returns how many it has.
func (p *benchParent) waitStored(ctx context.Context, want float64) (float64, error) {
	last, since := -1.0, time.Now()
	for {
		stored, err := p.metric(ctx, "foster_samples_stored_total")
		if err != nil || stored >= want {
			return stored, err
		}
		if stored != last {
			last, since = stored, time.Now()
		}
		if time.Since(since) > time.Second {
			return stored, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func diskUsage(dir string) (int64, error) {
	var total int64
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if errors.Is(err, os.ErrNotExist) {
			return nil // compacted away meanwhile
		}
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok {
			total += min(info.Size(), st.Blocks*512) // preallocated files are larger than what they hold
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("measure %s: %w", dir, err)
	}
	return total, nil
}
