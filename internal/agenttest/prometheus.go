package agenttest

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// RequirePrometheus skips the test when Debian's prometheus is not installed, as Require does for the agent.
func RequirePrometheus(t testing.TB) {
	t.Helper()
	for _, program := range []string{"prometheus", "promtool"} {
		if _, err := exec.LookPath(program); err == nil {
			continue
		}
		const hint = "install Debian's prometheus"
		if os.Getenv(requireEnv) == "1" {
			t.Fatalf("%s is missing: %s", program, hint)
		}
		t.Skipf("%s is missing: %s", program, hint)
	}
}

// StartPrometheus starts a real Prometheus with this configuration and waits until it answers queries. Its data directory
// is data, or a new one when that is empty. It returns the base of its addresses, and is killed when the test ends.
func StartPrometheus(t testing.TB, config, data string, args ...string) string {
	t.Helper()
	RequirePrometheus(t)
	dir := t.TempDir()
	if data == "" {
		data = filepath.Join(dir, "data")
	}
	file, logName := filepath.Join(dir, "prometheus.yml"), filepath.Join(dir, "log")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(logName)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	addr := FreeAddr(t)
	cmd := exec.Command("prometheus", append([]string{
		"--config.file=" + file, "--storage.tsdb.path=" + data, "--web.listen-address=" + addr,
		"--storage.tsdb.retention.time=100y", "--log.level=info",
	}, args...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	p, err := StartProcess(cmd)
	if err != nil {
		t.Fatalf("start prometheus: %v", err)
	}
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			text, err := Tail(logName)
			t.Logf("prometheus: %v\n%s", err, text)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	base := "http://" + addr
	err = p.WaitFor(ctx, func() bool {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/-/ready", nil)
		if err != nil {
			return false
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	if err != nil {
		t.Fatalf("wait for prometheus: %v", err)
	}
	return base
}
