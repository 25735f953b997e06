package receiver

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"foster/replication/swarm"
	"foster/replication/wire"
	"foster/storage"
)

// The test binary is a parent of its own when these are set: it listens there until it is killed.
const (
	envListen = "FOSTER_TEST_LISTEN"
	envDir    = "FOSTER_TEST_DIR"
	envMode   = "FOSTER_TEST_MODE" // the memory mode of all children; dbengine when it is not set
)

// beParent receives children until the process is killed.
func beParent(addr, dir string) error {
	ctx := context.Background()
	opts := storage.DefaultOptions()
	opts.Dir = dir
	opts.Logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	store, err := storage.Open(ctx, opts)
	if err != nil {
		return err
	}
	r, err := New(Options{Store: store, GUID: parentGUID, Hostname: "parent01", Rules: rulesOf(storage.Mode(os.Getenv(envMode))), Logger: opts.Logger})
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	for {
		c, err := ln.Accept()
		if err != nil {
			return err
		}
		go func() { _ = r.Serve(ctx, c, Peer{Addr: c.RemoteAddr().String(), IP: "127.0.0.1"}) }()
	}
}

// startProcess starts a parent as a process of its own and returns how to kill it.
func startProcess(t *testing.T, addr, dir string) (kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envListen+"="+addr, envDir+"="+dir)
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	t.Cleanup(kill)
	for range 600 {
		if c, err := net.Dial("tcp", addr); err == nil {
			_ = c.Close()
			return kill
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the parent does not listen")
	return kill
}

// TestKilled kills a parent with kill -9 at random moments, while children of all ages stream and replay hours of history,
// and compares what is stored in the end with what they have sent: nothing is missing, doubled or invented.
func TestKilled(t *testing.T) {
	const charts, dims, history = 12, 5, 5400
	kinds := []wire.Caps{swarm.CapsV2, swarm.CapsV2 | wire.LZ4, swarm.CapsV1, swarm.CapsV1 | wire.LZ4}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	_ = ln.Close()
	dir := t.TempDir()
	s, err := swarm.NewSwarm(len(kinds), 0, func(i int) swarm.Options {
		list := swarm.Synthetic(charts, dims)
		list[3].UpdateEvery = 5
		return swarm.Options{
			Addr: addr, APIKey: testKey, GUID: guid(i), Hostname: fmt.Sprint("child", i), Caps: kinds[i], Charts: list,
			Values: swarm.Mix(uint64(i)), History: history * time.Second, ReconnectDelay: 20 * time.Millisecond, ReplayBytes: 100_000,
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { s.Run(ctx) })
	defer wg.Wait()
	defer cancel()

	for range 8 {
		kill := startProcess(t, addr, dir)
		time.Sleep(rand.N(2 * time.Second))
		kill()
		t.Logf("killed when %d samples had been sent", s.Stats().Sent)
	}
	kill := startProcess(t, addr, dir)
	live, stop := context.WithTimeout(ctx, 2*time.Minute)
	defer stop()
	if err := s.WaitLive(live); err != nil {
		t.Fatal(err)
	}
	end := time.Now().Unix() + 1
	time.Sleep(time.Until(time.Unix(end+2, 0))) // sent, and committed
	kill()
	cancel()
	wg.Wait()

	opts := storage.DefaultOptions()
	opts.Dir = dir
	store, err := storage.Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for i, child := range s.Children() {
		total := 0
		for n, def := range swarm.Synthetic(charts, dims) {
			ch := store.Catalog().Host(guid(i)).Chart(def.ID)
			every := int64(1)
			if n == 3 {
				every = 5
			}
			stored := points(t, store, ch, 0, end) // which complains of double ones
			want, bad := 0, 0
			complain := func(format string, args ...any) {
				if bad++; bad <= 3 {
					t.Errorf("child %d, %s: %s", i, def.ID, fmt.Sprintf(format, args...))
				}
			}
			for _, span := range child.Given(n) {
				for at := span.From; at <= min(span.To, end); at += every {
					want++
					if len(stored[at]) != dims {
						complain("%d dimensions have a point at %d, %d s before the end", len(stored[at]), at, end-at)
						continue
					}
					for d := range dims {
						value := child.Value(n, d, at)
						if got := stored[at][fmt.Sprint("dim", d)]; math.Abs(got-value) > 1e-6*math.Abs(value)+1e-7 {
							complain("dimension %d is %v at %d, want %v", d, got, at, value)
						}
					}
				}
			}
			if len(stored) != want {
				complain("%d times are stored, want %d", len(stored), want)
			}
			if bad > 3 {
				t.Errorf("child %d, %s: %d complaints", i, def.ID, bad)
			}
			total += want * dims
		}
		if total < charts*dims*history/2 {
			t.Errorf("child %d gave only %d samples", i, total)
		}
	}
}
