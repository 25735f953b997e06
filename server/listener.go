package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"foster/server/config"
)

// listeners are the open sockets, by their item of bind to.
type listeners struct {
	handle func(net.Conn, config.Bind) // called in a goroutine of its own

	mu   sync.Mutex // guards open
	open map[string]net.Listener
	wg   sync.WaitGroup
}

// set opens the sockets of binds and closes the others. When one cannot be opened nothing changes.
func (l *listeners) set(ctx context.Context, binds []config.Bind) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	wanted := map[string]config.Bind{}
	for _, b := range binds {
		wanted[b.String()] = b
	}
	opened := map[string]net.Listener{}
	for item, b := range wanted {
		if l.open[item] != nil {
			continue
		}
		ln, err := listen(ctx, b)
		if err != nil {
			for _, ln := range opened {
				_ = ln.Close()
			}
			return fmt.Errorf("listen on %s: %w", item, err)
		}
		opened[item] = ln
	}
	for item, ln := range l.open {
		if _, ok := wanted[item]; !ok {
			_ = ln.Close()
			delete(l.open, item)
		}
	}
	for item, ln := range opened {
		if l.open == nil {
			l.open = map[string]net.Listener{}
		}
		l.open[item] = ln
		bind := wanted[item]
		l.wg.Go(func() { l.accept(ln, bind) })
	}
	return nil
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
	if err != nil || info.Mode()&os.ModeSocket == 0 {
		return nil
	}
	dialer := net.Dialer{Timeout: time.Second}
	if c, err := dialer.DialContext(ctx, "unix", path); err == nil {
		_ = c.Close()
		return nil
	}
	return os.Remove(path)
}

func (l *listeners) accept(ln net.Listener, bind config.Bind) {
	pause := time.Duration(0)
	for {
		c, err := ln.Accept()
		if err == nil {
			pause = 0
			l.wg.Go(func() { l.handle(c, bind) })
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		// Out of file descriptors, say: wait a little and go on.
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		time.Sleep(pause)
	}
}

// addrs returns the addresses of the open sockets.
func (l *listeners) addrs() []net.Addr {
	l.mu.Lock()
	defer l.mu.Unlock()
	var addrs []net.Addr
	for _, ln := range l.open {
		addrs = append(addrs, ln.Addr())
	}
	return addrs
}

// close closes all sockets; wait waits for the connections they accepted to be handled.
func (l *listeners) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for item, ln := range l.open {
		_ = ln.Close()
		delete(l.open, item)
	}
}

func (l *listeners) wait() { l.wg.Wait() }

// handoff is a net.Listener that returns the connections it is given: those of which the first bytes are HTTP.
type handoff struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newHandoff() *handoff {
	return &handoff{conns: make(chan net.Conn), done: make(chan struct{})}
}

// give passes c to whoever accepts. It closes c when the listener is closed.
func (h *handoff) give(c net.Conn) {
	select {
	case h.conns <- c:
	case <-h.done:
		_ = c.Close()
	}
}

// Accept implements net.Listener.
func (h *handoff) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (h *handoff) Close() error {
	h.once.Do(func() { close(h.done) })
	return nil
}

// Addr implements net.Listener.
func (h *handoff) Addr() net.Addr { return &net.TCPAddr{} }
