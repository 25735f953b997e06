package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"foster/replication/swarm"
	"foster/replication/wire"
)

// The hosts that bench query asks about: one with 1,000 metrics and one with 500 charts.
const (
	queryHost  = "bench-0000"
	chartsHost = "bench-0001"
)

// benchQueries are what bench query asks, below the root of a parent.
var benchQueries = []struct{ name, path string }{
	{"10 dimensions × 600 points", "/host/" + queryHost + "/api/v1/data?chart=load0.chart0&after=-600&points=600&format=json"},
	{"10 dimensions, 1 h at 100 points", "/host/" + queryHost + "/api/v1/data?chart=load0.chart0&after=-3600&points=100&format=json"},
	{"allmetrics of 1,000 metrics", "/host/" + queryHost + "/api/v1/allmetrics?format=prometheus"},
	{"charts of a host with 500", "/host/" + chartsHost + "/api/v1/charts"},
}

func runBenchQuery(ctx context.Context, e *env, args []string) error {
	fs := flag.NewFlagSet("foster bench query", flag.ContinueOnError)
	fs.SetOutput(e.stderr)
	fs.Usage = func() {
		fmt.Fprint(e.stderr, "Usage: foster bench query [flags]\n\n"+
			"Streams the same two children with an hour of history to a parent, and to a Netdata agent if there is one, and prints\n"+
			"how long their answers take while the children go on streaming. The two are asked in turns; the one that is not asked\n"+
			"stands still, and no client waits for a core that a parent has.\n\n")
		fs.PrintDefaults()
	}
	seconds := fs.Int("seconds", 5, "how long each query is asked")
	against := fs.String("against", "/usr/sbin/netdata", "the agent's `program`; where there is none, foster is measured alone")
	if err := parse(e, fs, args); err != nil {
		return err
	}
	if *seconds < 1 {
		fmt.Fprintln(e.stderr, "foster bench query: a second at least")
		return errUsage
	}
	return benchQuery(ctx, e, *against, time.Duration(*seconds)*time.Second)
}

const clientMemory = 1 << 30 // bytes

// contender is a parent that is asked.
type contender struct {
	name string
	*benchParent
}

func benchQuery(ctx context.Context, e *env, against string, each time.Duration) (err error) {
	// Here nothing is collected as long as there is room: answers would wait for the collector of their clients.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(clientMemory))
	dir, err := os.MkdirTemp("", "foster-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	// Clients are as a rule on other machines: here they do not wait for a core that their parent has.
	var p, agent *benchParent
	err = yielding(func() (err error) {
		p, err = startBenchParent(ctx, dir)
		return err
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	contenders := []contender{{"foster", p}}
	if _, statErr := os.Stat(against); statErr == nil {
		err := yielding(func() (err error) {
			agent, err = startBenchAgent(ctx, filepath.Join(dir, "agent"), against)
			return err
		})
		if err != nil {
			return fmt.Errorf("start %s: %w", against, err)
		}
		defer func() { _ = agent.stop() }() // it may not end by itself in time
		contenders = append(contenders, contender{"netdata", agent})
	}

	for _, c := range contenders {
		stop, err := streamTo(ctx, c)
		if err != nil {
			return err
		}
		defer stop()
	}
	for _, clients := range []int{1, 8} {
		fmt.Fprintf(e.stdout, "\nquery: %d %s, %v each\n", clients, map[bool]string{true: "client", false: "clients"}[clients == 1], each)
		for _, q := range benchQueries {
			fmt.Fprintf(e.stdout, "  %-34s", q.name)
			all, err := ask(ctx, contenders, q.path, clients, each)
			if err != nil {
				return err
			}
			for i, took := range all {
				if took.err != nil {
					return fmt.Errorf("%s: %s: %w", contenders[i].name, q.name, took.err)
				}
				fmt.Fprintf(e.stdout, "  %s p50 %6.2f ms, p99 %6.2f ms, %6.0f/s", contenders[i].name,
					milliseconds(took.quantile(0.5)), milliseconds(took.quantile(0.99)), float64(len(took.times))/each.Seconds())
			}
			fmt.Fprintln(e.stdout)
		}
	}
	return nil
}

// streamTo streams the children to a parent and waits until it has their history.
func streamTo(ctx context.Context, c contender) (stop func(), err error) {
	s, err := swarm.NewSwarm(2, 0, func(i int) swarm.Options {
		charts := swarm.Synthetic(100, 10)
		if i == 1 {
			charts = swarm.Synthetic(500, 2)
		}
		return swarm.Options{
			Addr: c.addr, APIKey: benchKey, GUID: fmt.Sprintf("f0570000-0000-4000-8000-%012d", i), Hostname: fmt.Sprintf("bench-%04d", i),
			Caps: swarm.CapsV1 | wire.LZ4, Charts: charts, Values: swarm.Mix(uint64(i)), History: time.Hour + 10*time.Minute,
		}
	})
	if err != nil {
		return nil, err
	}
	if stop, err = runLive(ctx, s); err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	if err := pause(ctx, settle); err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}

// answers are the times that answers took.
type answers struct {
	times []time.Duration
	err   error
}

func (a *answers) quantile(q float64) time.Duration {
	if len(a.times) == 0 {
		return 0
	}
	slices.Sort(a.times)
	return a.times[min(len(a.times)-1, int(q*float64(len(a.times))))]
}

// ask asks the contenders in turns, a tenth of the time at once.
func ask(ctx context.Context, contenders []contender, path string, clients int, each time.Duration) ([]answers, error) {
	all := make([]answers, len(contenders))
	for range 10 {
		for i := range contenders {
			if err := askAlone(ctx, contenders, i, &all[i], path, clients, each/10); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// catchUp is what a parent has to take in what its children sent while it stood still.
const catchUp = 300 * time.Millisecond

// askAlone asks one of the contenders while the others stand still.
func askAlone(ctx context.Context, contenders []contender, one int, out *answers, path string, clients int, each time.Duration) (err error) {
	for i, c := range contenders {
		if i == one {
			continue
		}
		if err := c.signal(syscall.SIGSTOP); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, c.signal(syscall.SIGCONT)) }()
	}
	if err := pause(ctx, catchUp); err != nil {
		return err
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	until := time.Now().Add(each)
	for range clients {
		wg.Go(func() {
			own, err := askOne(ctx, contenders[one].addr, path, until)
			mu.Lock()
			defer mu.Unlock()
			out.times = append(out.times, own...)
			out.err = cmp.Or(out.err, err)
		})
	}
	wg.Wait()
	return nil
}

// askOne asks the same over one connection until then, and returns how long each answer took, from the question to its last
// byte. It does with a connection and a buffer: the pools and goroutines of an http.Client take as much time as an answer.
func askOne(ctx context.Context, addr, path string, until time.Time) (took []time.Duration, err error) {
	c, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if err := c.SetDeadline(until.Add(time.Minute)); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })()
	// netdata v1.37.1 closes a connection after an answer unless it is asked not to.
	question := []byte("GET " + path + " HTTP/1.1\r\nHost: " + addr + "\r\nConnection: keep-alive\r\n\r\n")
	in := bufio.NewReaderSize(c, 256<<10)
	for time.Now().Before(until) {
		start := time.Now()
		if _, err := c.Write(question); err != nil {
			return nil, fmt.Errorf("ask for %s: %w", path, err)
		}
		if err := readAnswer(in); err != nil {
			return nil, fmt.Errorf("answer to %s: %w", path, err)
		}
		took = append(took, time.Since(start))
	}
	return took, nil
}

// readAnswer reads a whole answer.
func readAnswer(in *bufio.Reader) error {
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	switch {
	case err != nil:
		return err
	case resp.StatusCode != http.StatusOK || n < 100:
		return fmt.Errorf("%s, %d bytes", resp.Status, n)
	}
	return nil
}

// startBenchAgent starts a Netdata agent as a parent that collects nothing itself, with its data below dir.
func startBenchAgent(ctx context.Context, dir, program string) (*benchParent, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	me, err := user.Current()
	if err != nil {
		return nil, fmt.Errorf("find the user to run as: %w", err)
	}
	var conf strings.Builder
	fmt.Fprintf(&conf, "[global]\n    hostname = agent\n    process scheduling policy = keep\n    OOM score = keep\n    run as user = %s\n", me.Username)
	conf.WriteString("[directories]\n")
	for _, sub := range []string{"config", "cache", "lib", "log", "lock"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, err
		}
		fmt.Fprintf(&conf, "    %s = %s\n", sub, filepath.Join(dir, sub))
	}
	fmt.Fprintf(&conf, "[db]\n    mode = dbengine\n    storage tiers = 3\n[web]\n    bind to = %s\n[ml]\n    enabled = no\n[statsd]\n    enabled = no\n[registry]\n    enabled = no\n[plugins]\n    enable running new plugins = no\n", addr)
	for _, plugin := range []string{"proc", "diskspace", "cgroups", "tc", "idlejitter", "timex", "statsd", "apps", "charts.d", "python.d", "go.d", "ioping", "netdata monitoring"} {
		fmt.Fprintf(&conf, "    %s = no\n", plugin)
	}
	for name, text := range map[string]string{
		"netdata.conf":                       conf.String(),
		"stream.conf":                        "[" + benchKey + "]\n    enabled = yes\n    default memory mode = dbengine\n",
		".opt-out-from-anonymous-statistics": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, "config", name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	p := &benchParent{addr: addr, cmd: exec.Command(program, "-D", "-P", filepath.Join(dir, "pid"), "-c", filepath.Join(dir, "config", "netdata.conf"))}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if err := p.waitFor(ctx, "/api/v1/info", http.StatusOK, 30*time.Second); err != nil {
		_ = p.cmd.Process.Kill()
		return nil, errors.Join(err, p.cmd.Wait())
	}
	return p, nil
}
