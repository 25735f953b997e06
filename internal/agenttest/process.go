package agenttest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// maxTail bounds what Tail returns.
const maxTail = 16 << 10

// Process is a running program in a process group of its own.
type Process struct {
	pid  int           // also the id of the group
	done chan struct{} // closed when the program has been waited for
	err  error         // of that wait; valid after done
}

// StartProcess starts cmd as the leader of a process group. Should this process
// die first, the kernel kills the program.
func StartProcess(cmd *exec.Cmd) (*Process, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	p := &Process{done: make(chan struct{})}
	started := make(chan error)
	go func() {
		defer close(p.done)
		// Pdeathsig fires when the thread that forked ends, so the thread must
		// live as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			p.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			// Whatever the program started and left. At once, as long as nobody
			// else can have got the group's id.
			_ = syscall.Kill(-p.pid, syscall.SIGKILL)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// Exited says whether the program has ended.
func (p *Process) Exited() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// WaitFor asks ready every 100 ms until it says true. It is an error when the
// program or ctx ends before.
func (p *Process) WaitFor(ctx context.Context, ready func() bool) error {
	return poll(ctx, 100*time.Millisecond, func() (bool, error) {
		if p.Exited() {
			return false, fmt.Errorf("it exited: %w", cmp.Or(p.err, errors.New("status 0")))
		}
		return ready(), nil
	})
}

// Stop sends SIGTERM and waits for the end of the program. When ctx ends before,
// the program is killed, and that is an error.
func (p *Process) Stop(ctx context.Context) error {
	p.signal(p.pid, syscall.SIGTERM)
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		p.Kill()
		return fmt.Errorf("killed, it did not end on SIGTERM: %w", ctx.Err())
	}
}

// Kill sends SIGKILL to the whole group and waits for the end of the program.
func (p *Process) Kill() {
	p.signal(-p.pid, syscall.SIGKILL)
	<-p.done
}

// signal is without effect on a program that has ended.
func (p *Process) signal(pid int, sig syscall.Signal) {
	if !p.Exited() {
		_ = syscall.Kill(pid, sig) // ESRCH: it ends just now
	}
}

// Tail returns the last lines of a file.
func Tail(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return "", err
	}
	from := max(0, st.Size()-maxTail)
	text, err := io.ReadAll(io.NewSectionReader(f, from, maxTail))
	if err != nil {
		return "", err
	}
	if i := bytes.IndexByte(text, '\n'); from > 0 && i >= 0 {
		text = text[i+1:]
	}
	return string(text), nil
}

// poll calls done every interval until it says true or fails, or ctx ends.
func poll(ctx context.Context, interval time.Duration, done func() (bool, error)) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
