package history

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"foster/health/alert"
)

// killedDir is the environment variable that makes the test binary the process that is killed.
const killedDir = "FOSTER_TEST_KILLED_HISTORY"

// appendForever appends transitions and prints the number of the last one that Flush has promised.
func appendForever(dir string) {
	l, err := Open(context.Background(), filepath.Join(dir, "health.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for n := int64(0); ; n++ {
		l.Append([]alert.Transition{transition(n, hostA, n%5, alert.Clear, alert.Warning)})
		if n%50 == 0 {
			if err := l.Flush(context.Background()); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
			fmt.Println(n)
		}
	}
}

// TestKilled kills a process that appends: what was flushed is there, without a gap, and the log goes on.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	last := int64(-1)
	for round := range 2 {
		own := filepath.Join(dir, strconv.Itoa(round))
		if err := os.Mkdir(own, 0o700); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), killedDir+"="+own)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		promised := int64(-1)
		for range 3 * (round + 1) {
			if !lines.Scan() {
				break
			}
			if promised, err = strconv.ParseInt(strings.TrimSpace(lines.Text()), 10, 64); err != nil {
				t.Fatalf("the process says %q", lines.Text())
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		l := openLog(t, filepath.Join(own, "health.db"))
		list := query(t, l, Filter{MachineGUIDs: []string{hostA}})
		if int64(len(list)) <= promised || promised < 0 {
			t.Errorf("%d transitions, %d were promised", len(list), promised+1)
		}
		for i, tr := range list {
			if want := int64(epoch + len(list) - 1 - i); tr.UniqueID != want {
				t.Fatalf("there is a gap: %d instead of %d", tr.UniqueID, want)
			}
		}
		s, err := l.Restore(t.Context(), hostA)
		if err != nil || s.UniqueID != int64(epoch+len(list)-1) || len(s.Alerts) != 5 {
			t.Errorf("%d alerts, unique id %d, %v", len(s.Alerts), s.UniqueID, err)
		}
		last = max(last, s.UniqueID)
	}
	if last < epoch {
		t.Error("nothing was logged")
	}
}
