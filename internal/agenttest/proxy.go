package agenttest

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// Proxy is a TCP proxy on a loopback port, to stand between a child and its
// parent and break what is between them.
type Proxy struct {
	addr   string
	target string

	up, down, accepted atomic.Int64

	wg sync.WaitGroup // the accept loop and the copy loops

	mu       sync.Mutex
	cond     *sync.Cond   // of mu: stalled or a link's closed has changed
	listener net.Listener // nil while connections are refused
	links    map[*link]struct{}
	stalled  bool
}

// link is one connection of a client and its connection to the target.
type link struct {
	client, server net.Conn
	closed         bool // under Proxy.mu
}

// StartProxy starts a proxy to target (host:port), which need not listen yet. It
// ends with the test.
func StartProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	p := &Proxy{addr: FreeAddr(t), target: target, links: make(map[*link]struct{})}
	p.cond = sync.NewCond(&p.mu)
	if err := p.Refuse(false); err != nil {
		t.Fatalf("start proxy: %v", err)
	}
	t.Cleanup(func() {
		if err := p.Refuse(true); err != nil {
			t.Errorf("stop proxy: %v", err)
		}
		p.Cut()
		p.wg.Wait()
	})
	return p
}

// Addr is the host:port to connect to.
func (p *Proxy) Addr() string { return p.addr }

// Up is the number of bytes that went to the target, Down of those that came
// from it, and Accepted the number of connections so far.
func (p *Proxy) Up() int64       { return p.up.Load() }
func (p *Proxy) Down() int64     { return p.down.Load() }
func (p *Proxy) Accepted() int64 { return p.accepted.Load() }

// Refuse closes the listening port, so that new connections are refused by the
// kernel, or opens it again. Connections that exist go on.
func (p *Proxy) Refuse(refuse bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if refuse == (p.listener == nil) {
		return nil
	}
	if refuse {
		err := p.listener.Close()
		p.listener = nil
		return err
	}
	l, err := net.Listen("tcp", p.addr)
	if err != nil {
		return err
	}
	p.listener = l
	p.wg.Go(func() { p.accept(l) })
	return nil
}

// Stall stops moving bytes in both directions, or goes on with it. The
// connections stay open, as when a cable is pulled.
func (p *Proxy) Stall(stall bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stalled = stall
	p.cond.Broadcast()
}

// Cut closes all connections, on both sides, and returns how many there were.
func (p *Proxy) Cut() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.links)
	for l := range p.links {
		p.closeLocked(l)
	}
	return n
}

func (p *Proxy) closeLocked(l *link) {
	if l.closed {
		return
	}
	l.closed = true
	delete(p.links, l)
	l.client.Close()
	l.server.Close()
	p.cond.Broadcast()
}

func (p *Proxy) accept(listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		p.accepted.Add(1)
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			client.Close()
			continue
		}
		l := &link{client: client, server: server}
		p.mu.Lock()
		p.links[l] = struct{}{}
		p.wg.Go(func() { p.copy(l, server, client, &p.up) })
		p.wg.Go(func() { p.copy(l, client, server, &p.down) })
		p.mu.Unlock()
	}
}

// copy moves bytes until either side closes, and closes both then.
func (p *Proxy) copy(l *link, to, from net.Conn, count *atomic.Int64) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && p.pass(l) {
			_, werr := to.Write(buf[:n])
			count.Add(int64(n))
			if err == nil {
				err = werr
			}
		}
		if err != nil {
			p.mu.Lock()
			p.closeLocked(l)
			p.mu.Unlock()
			return
		}
	}
}

// pass waits while the proxy is stalled, and says whether the link is open.
func (p *Proxy) pass(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.stalled && !l.closed {
		p.cond.Wait()
	}
	return !l.closed
}
