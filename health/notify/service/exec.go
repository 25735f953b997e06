package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"foster/health/alert"
)

// command runs a program for each transition with the arguments that agents give their script (alarm-notify.sh), without a
// shell.
type command struct {
	program   string
	v1        bool
	variables []string
}

// newExec reads exec:///path/of/program?args=v1. The arguments are the 33 of v2, or the 29 of v1.
func newExec(s *Service, t *target, e Environment) error {
	c := &command{program: t.url.Path, variables: e.Variables}
	if !filepath.IsAbs(c.program) || t.url.Host != "" {
		return errors.New("the URL is exec:///absolute/path")
	}
	switch args := t.query.Get("args"); args {
	case "", "v2":
	case "v1":
		c.v1 = true
	default:
		return fmt.Errorf("args is v1 or v2, not %q", cut(args, 20))
	}
	s.sender = c
	return nil
}

func (c *command) send(ctx context.Context, m *Message, address string) error {
	for i := range m.Alerts {
		args := Arguments(&m.Alerts[i].Transition, c.v1, m.Summary)
		if address != "" {
			args[0] = address
		}
		cmd := exec.Command(c.program, args...)
		cmd.Env = append(inherited(), c.variables...)
		if err := run(ctx, cmd); err != nil {
			return err
		}
	}
	return nil
}

// inherited returns the variables of our environment that programs need; others may be secrets.
func inherited() []string {
	env := []string{"LC_ALL=C"}
	for _, name := range []string{"PATH", "HOME", "TZ", "TMPDIR", "USER"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// run runs a program, kills it with its children when ctx ends, and says what it wrote when it fails.
func run(ctx context.Context, cmd *exec.Cmd) error {
	var out tail
	cmd.Stdout, cmd.Stderr = &out, &out
	ownGroup(cmd)
	cmd.WaitDelay = 2 * time.Second
	if err := cmd.Start(); err != nil {
		return permanent("start the program: %v", err)
	}
	stop := context.AfterFunc(ctx, func() { killGroup(cmd) })
	defer stop()
	err := cmd.Wait()
	switch exit, failed := errors.AsType[*exec.ExitError](err); {
	case err == nil || errors.Is(err, exec.ErrWaitDelay) && cmd.ProcessState.Success():
		return nil // what it left behind holds its output open
	case ctx.Err() != nil:
		return &Error{Permanent: true, Code: 1, reason: "the program ran too long and was ended"}
	case failed:
		e := &Error{Permanent: true, Code: exit.ExitCode(), reason: "the program ended with " + exit.String()}
		if text := out.String(); text != "" {
			e.reason += ": " + text
		}
		if e.Code < 1 {
			e.Code = 1
		}
		return e
	}
	return permanent("run the program: %v", err)
}

// tail keeps the last bytes of an output.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	const most = 256
	t.b = append(t.b, p[max(0, len(p)-most):]...)
	t.b = slices.Delete(t.b, 0, max(0, len(t.b)-most))
	return len(p), nil
}

func (t *tail) String() string { return string(bytes.TrimSpace(t.b)) }

// Arguments returns the arguments of a transition: 33 in the order of v2, or with v1 29 in that of v1 (netdata v2.11.0
// src/health/health_notifications.c and v1.37.1 health/health.c). Control characters are taken out, nothing else: no shell
// sees them.
func Arguments(t *alert.Transition, v1, summary bool) []string {
	file, line := sourceOf(t.Source)
	source, expression := "line="+line+",file="+file, strings.ReplaceAll(t.Expression, "$", "_")
	chart := t.ChartName
	if chart == "" {
		chart = t.Chart
	}
	class := t.Class
	if class == "" {
		class = "Unknown"
	}
	if v1 {
		source, expression = t.Source, t.Expression
	}
	seconds := func(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }
	args := []string{
		t.Recipient, t.Hostname, strconv.FormatInt(t.UniqueID, 10), strconv.FormatInt(t.AlarmID, 10),
		strconv.FormatInt(t.EventID, 10), strconv.FormatInt(t.When.Unix(), 10), t.Name, chart,
	}
	if v1 {
		args = append(args, t.Family)
	}
	args = append(args,
		t.New.String(), t.Old.String(), number(t.NewValue), number(t.OldValue), source, seconds(t.Duration),
		seconds(t.RaisedDuration), t.Units, t.Info, t.NewText, t.OldText, expression, t.ExpressionVariable,
		strconv.Itoa(t.WarningCount), strconv.Itoa(t.CriticalCount),
		strings.Join(t.WarningAlerts, ","), strings.Join(t.CriticalAlerts, ","), class,
		"edit "+file+"="+line+"="+t.Hostname, t.MachineGUID)
	if !v1 {
		named := t.Name
		if summary && t.Summary != "" {
			named = t.Summary
		}
		args = append(args, t.UUID.String(), named, t.Context, t.Component, t.Type)
	}
	for i := range args {
		args[i] = oneLine(args[i])
	}
	return args
}

// sourceOf takes line@file apart.
func sourceOf(s string) (file, line string) {
	line, file, found := strings.Cut(s, "@")
	if !found {
		return s, ""
	}
	return file, line
}

// number writes a value as agents do: without decimals, or in full.
func number(v float64) string {
	switch {
	case math.IsNaN(v):
		return "nan"
	case math.IsInf(v, 0):
		return "inf"
	case v == math.Trunc(v):
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'f', 7, 64)
}
