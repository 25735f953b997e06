package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"foster/internal/throttle"
	"foster/server/config"
)

// listeners are the sockets that [web] bind to asks for.
type listeners struct {
	handle func(net.Conn, config.Bind) // called in a goroutine of its own
	log    *slog.Logger

	mu      sync.Mutex // guards the fields below
	sockets []*socket  // in the order of the configuration
	closed  bool
	wg      sync.WaitGroup
}

// socket is a socket of an address. What it offers may change while it is open.
type socket struct {
	address string
	bind    atomic.Pointer[config.Bind]
	ln      net.Listener // nil: could not be opened when the server started
}

// addressOf returns what tells sockets apart: the item of bind to without its services.
func addressOf(b config.Bind) string {
	b.ACL, b.SSL = config.ACLAll, config.SSLDefault
	return b.String()
}

// open opens the sockets of binds. Those that cannot be opened are logged and left out, as an address of an interface
// that is not up yet; at least one has to be open.
func (l *listeners) open(ctx context.Context, binds []config.Bind) error {
	return l.set(ctx, binds, true)
}

// change opens the sockets of binds that are not open and closes the others. When a new one cannot be opened nothing
// changes.
func (l *listeners) change(ctx context.Context, binds []config.Bind) error {
	return l.set(ctx, binds, false)
}

func (l *listeners) set(ctx context.Context, binds []config.Bind, lenient bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return net.ErrClosed
	}
	var (
		wanted []*socket
		fresh  []*socket // of wanted, those that are not open
	)
	for _, b := range binds {
		address := addressOf(b)
		if find(wanted, address) != nil {
			continue // said twice; the first counts
		}
		s := find(l.sockets, address)
		if s == nil || s.ln == nil {
			s = &socket{address: address}
			s.bind.Store(&b)
			fresh = append(fresh, s)
		}
		wanted = append(wanted, s)
	}
	gone := slices.DeleteFunc(slices.Clone(l.sockets), func(s *socket) bool { return slices.Contains(wanted, s) })

	closed, failed := l.openSockets(ctx, fresh, gone)
	var fatal []error
	for _, s := range fresh {
		err := failed[s]
		switch {
		case err == nil:
		case len(failed) == len(wanted), !lenient && find(l.sockets, s.address) == nil:
			fatal = append(fatal, err)
		default:
			l.log.Error("an address of [web] bind to is left out", "error", err)
		}
	}
	if len(fatal) > 0 {
		for _, s := range fresh {
			if s.ln != nil {
				_ = s.ln.Close()
			}
		}
		return errors.Join(append(fatal, l.reopen(ctx, closed))...)
	}

	for _, s := range gone {
		if s.ln != nil {
			_ = s.ln.Close()
		}
	}
	for i, s := range wanted {
		s.bind.Store(&binds[slices.IndexFunc(binds, func(b config.Bind) bool { return addressOf(b) == wanted[i].address })])
	}
	for _, s := range fresh {
		l.start(s)
	}
	l.sockets = wanted
	return nil
}

func find(sockets []*socket, address string) *socket {
	for _, s := range sockets {
		if s.address == address {
			return s
		}
	}
	return nil
}

// openSockets opens the fresh sockets. An address may overlap with one that is given up, as 127.0.0.1:19999 does with
// *:19999: that one is closed first, and returned.
func (l *listeners) openSockets(ctx context.Context, fresh, gone []*socket) (closed []*socket, failed map[*socket]error) {
	failed = map[*socket]error{}
	for _, s := range fresh {
		b := *s.bind.Load()
		ln, err := listen(ctx, b)
		if errors.Is(err, syscall.EADDRINUSE) {
			for _, old := range gone {
				was := old.bind.Load()
				if old.ln != nil && was.Network == b.Network && was.Port == b.Port && !slices.Contains(closed, old) {
					_ = old.ln.Close()
					closed = append(closed, old)
				}
			}
			ln, err = listen(ctx, b)
		}
		if err != nil {
			failed[s] = fmt.Errorf("listen on %s: %w", s.address, err)
			continue
		}
		s.ln = ln
	}
	return closed, failed
}

// reopen opens sockets again that were closed for others.
func (l *listeners) reopen(ctx context.Context, closed []*socket) error {
	var errs []error
	for _, s := range closed {
		var err error
		if s.ln, err = listen(ctx, *s.bind.Load()); err != nil {
			errs = append(errs, fmt.Errorf("listen on %s again: %w", s.address, err))
		}
		l.start(s)
	}
	return errors.Join(errs...)
}

func (l *listeners) start(s *socket) {
	if ln := s.ln; ln != nil {
		l.wg.Go(func() { l.accept(ln, &s.bind) })
	}
}

func listen(ctx context.Context, b config.Bind) (net.Listener, error) {
	lc := net.ListenConfig{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3}}
	if b.Interface != "" {
		lc.Control = bindToDevice(b)
	}
	if b.Network == "unix" {
		if err := removeStaleSocket(ctx, b.Host); err != nil {
			return nil, err
		}
	}
	ln, err := lc.Listen(ctx, b.Network, b.Address())
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%w by another process; --listen, or [web] bind to, says where else", err)
	}
	if err != nil {
		return nil, err
	}
	if b.Network == "unix" {
		if err := os.Chmod(b.Host, 0o666); err != nil { // who may connect is decided by allow … from
			_ = ln.Close()
			return nil, err
		}
	}
	return ln, nil
}

// removeStaleSocket removes the socket file a killed process left behind; a live one stays and is reported by listen.
func removeStaleSocket(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode()&os.ModeSocket == 0:
		return nil // listen says what is in the way
	}
	dialer := net.Dialer{Timeout: time.Second}
	c, err := dialer.DialContext(ctx, "unix", path)
	if err == nil {
		_ = c.Close()
		return nil
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("is it in use: %w", err)
	}
	return os.Remove(path)
}

func (l *listeners) accept(ln net.Listener, bind *atomic.Pointer[config.Bind]) {
	var (
		pause  time.Duration
		logged throttle.Throttle
	)
	for {
		c, err := ln.Accept()
		if err == nil {
			pause = 0
			b := *bind.Load()
			l.wg.Go(func() { l.handle(c, b) })
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		// Out of file descriptors, say: wait a little and go on.
		if held, ok := logged.Pass("", time.Now()); ok {
			l.log.Error("accept a connection", "listen", ln.Addr().String(), "error", err, "not_logged", held)
		}
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		time.Sleep(pause)
	}
}

// opened returns the open sockets in the order of the configuration.
func (l *listeners) opened() []Socket {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Socket
	for _, s := range l.sockets {
		if s.ln != nil {
			out = append(out, Socket{Addr: s.ln.Addr(), Bind: *s.bind.Load()})
		}
	}
	return out
}

// close closes all sockets for good; wait waits for the connections they accepted to be handled.
func (l *listeners) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for _, s := range l.sockets {
		if s.ln != nil {
			_ = s.ln.Close()
		}
	}
	l.sockets = nil
}

func (l *listeners) wait() { l.wg.Wait() }
