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

// StartAlertmanager starts Debian's Alertmanager and waits until it answers. It returns the base of its addresses, and is
// killed when the test ends. The test is skipped when the program is not installed, as Require does for the agent.
func StartAlertmanager(t testing.TB) string {
	t.Helper()
	const program = "prometheus-alertmanager"
	if _, err := exec.LookPath(program); err != nil {
		const hint = "install Debian's prometheus-alertmanager"
		if os.Getenv(requireEnv) == "1" {
			t.Fatalf("%s is missing: %s", program, hint)
		}
		t.Skipf("%s is missing: %s", program, hint)
	}
	dir := t.TempDir()
	file, logName := filepath.Join(dir, "alertmanager.yml"), filepath.Join(dir, "log")
	if err := os.WriteFile(file, []byte("route:\n  receiver: nobody\nreceivers:\n- name: nobody\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(logName)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	addr := FreeAddr(t)
	cmd := exec.Command(program, "--config.file="+file, "--storage.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+addr, "--cluster.listen-address=")
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	p, err := StartProcess(cmd)
	if err != nil {
		t.Fatalf("start alertmanager: %v", err)
	}
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			text, err := Tail(logName)
			t.Logf("alertmanager: %v\n%s", err, text)
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
		t.Fatalf("wait for alertmanager: %v", err)
	}
	return base
}
