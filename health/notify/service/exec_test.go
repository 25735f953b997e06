package service

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"foster/health/alert"
)

func program(t *testing.T, script string) (path, out string) {
	t.Helper()
	dir := t.TempDir()
	path, out = filepath.Join(dir, "a program.sh"), filepath.Join(dir, "out")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nOUT='"+out+"'\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path, out
}

func runProgram(t *testing.T, path, query string) error {
	t.Helper()
	s, err := Parse("x", "exec://"+strings.ReplaceAll(path, " ", "%20")+query, Environment{Variables: []string{"NETDATA_HOSTNAME=parent1"}})
	if err != nil {
		t.Fatal(err)
	}
	return s.Send(t.Context(), messages()["raised"], "")
}

// TestArguments runs a program that writes down what it is given, and compares with what agents give.
func TestArguments(t *testing.T) {
	path, out := program(t, `printf '%s\n' "$NETDATA_HOSTNAME" "$LC_ALL" "$SECRET" "$@" > "$OUT"`)
	t.Setenv("SECRET", "not for programs")
	info := `<b>"full" & $(reboot) * _soon_ @everyone</b>`
	common := []string{"parent1", "C", "", "sysadmin", "web1", "11", "22", "3", "1700000000", "disk_space_usage", "disk_space.var"}
	for query, rest := range map[string][]string{
		"": {
			"CRITICAL", "WARNING", "95.5000000", "85", "line=12,file=/etc/netdata/health.d/disks.conf", "300", "3600", "%", info,
			"95.5%", "85%", "_this > 90", "[ $this = 95.5 ]", "2", "1", "a=1,b=2", "c=3", "Utilization",
			"edit /etc/netdata/health.d/disks.conf=12=web1", "c269c747-933a-47a2-a8ca-e5ef02197a7f",
			"6560440a-9c55-45c4-8e87-1d84c08b856a", "Disk /var space", "disk.space", "Disk", "System",
		},
		"?args=v1": {
			"/var", "CRITICAL", "WARNING", "95.5000000", "85", "12@/etc/netdata/health.d/disks.conf", "300", "3600", "%", info,
			"95.5%", "85%", "$this > 90", "[ $this = 95.5 ]", "2", "1", "a=1,b=2", "c=3", "Utilization",
			"edit /etc/netdata/health.d/disks.conf=12=web1", "c269c747-933a-47a2-a8ca-e5ef02197a7f",
		},
	} {
		if err := runProgram(t, path, query); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		if want := slices.Concat(common, rest); !slices.Equal(got, want) {
			t.Errorf("%s: got\n%q\nwant\n%q", query, got, want)
		}
	}
	t1 := raised()
	if a, b := len(Arguments(&t1, false, true)), len(Arguments(&t1, true, true)); a != 33 || b != 29 {
		t.Errorf("%d and %d arguments", a, b)
	}
	empty := Arguments(&alert.Transition{Info: "a\nb\x00c"}, false, false)
	if len(empty) != 33 || slices.ContainsFunc(empty, func(s string) bool { return strings.ContainsAny(s, "\n\x00") }) {
		t.Errorf("%q", empty)
	}
}

func TestProgramFails(t *testing.T) {
	path, _ := program(t, "echo what is wrong >&2\nexit 7\n")
	e, ok := errors.AsType[*Error](runProgram(t, path, ""))
	if !ok || e.Code != 7 || !e.Permanent || e.Error() != "the program ended with exit status 7: what is wrong" {
		t.Errorf("%+v", e)
	}
	if err := runProgram(t, "/nonexistent/program", ""); err == nil {
		t.Error("a program that is not there ran")
	}
}

// TestProgramHangs has a program whose child keeps its output open.
func TestProgramHangs(t *testing.T) {
	path, _ := program(t, "sleep 300 &\nsleep 300\n")
	start := time.Now()
	e, ok := errors.AsType[*Error](runProgram(t, path, "?timeout=1s"))
	if !ok || e.Error() == "" || time.Since(start) > time.Minute {
		t.Errorf("%+v after %v", e, time.Since(start))
	}
}
