package server

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"foster/replication/wire"
	"foster/server/config"
)

// conn is an accepted connection whose first bytes have been looked at. Reads return them again.
type conn struct {
	net.Conn
	head []byte

	bind config.Bind
	tls  bool
	addr string // for logs
	ip   string // "localhost" for a unix socket

	gathers bool   // what is written next is the beginning of more
	held    []byte // of that, not sent yet

	resolver resolver
	lookUp   sync.Once // sets names: a connection has many requests and one peer
	names    []string
}

func newConn(c net.Conn, bind config.Bind, r resolver) *conn {
	out := &conn{Conn: c, bind: bind, resolver: r}
	if bind.Network == "unix" {
		out.addr, out.ip = "unix:"+bind.Host, localhost
		return out
	}
	if ap, err := netip.ParseAddrPort(c.RemoteAddr().String()); err == nil {
		out.ip = ap.Addr().Unmap().WithZone("").String()
		out.addr = "[" + out.ip + "]:" + strconv.Itoa(int(ap.Port()))
	} else {
		out.addr, out.ip = c.RemoteAddr().String(), c.RemoteAddr().String()
	}
	return out
}

// hostnames returns the verified names of the peer.
func (c *conn) hostnames(ctx context.Context) []string {
	c.lookUp.Do(func() { c.names = c.resolver.verified(ctx, c.ip) })
	return c.names
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	if len(c.head) > 0 {
		n := copy(p, c.head)
		c.head = c.head[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	switch {
	case len(c.held) > 0:
		both := net.Buffers{c.held, p}
		sent, err := both.WriteTo(c.raw())
		n := max(0, int(sent)-len(c.held))
		c.held = c.held[:0]
		return n, err
	case c.gathers:
		c.held = append(c.held, p...)
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// flush sends what is held.
func (c *conn) flush() error {
	if len(c.held) == 0 {
		return nil
	}
	_, err := c.Conn.Write(c.held)
	c.held = c.held[:0]
	return err
}

// raw returns the connection that can take several buffers at once.
func (c *conn) raw() net.Conn {
	if counted, ok := c.Conn.(*countedConn); ok {
		return counted.Conn
	}
	return c.Conn
}

// wholeWriter sends an answer in one piece that is written in one piece. By itself the HTTP server sends its header and the first
// 4 KiB, and then the rest: a client that waits for it is woken twice.
type wholeWriter struct {
	http.ResponseWriter
	conn *conn
}

// Unwrap is for http.ResponseController.
func (w wholeWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// httpBuffer is what the HTTP server keeps of an answer before it sends it.
const httpBuffer = 4 << 10

// Write implements http.ResponseWriter.
func (w wholeWriter) Write(p []byte) (int, error) {
	if len(p) < 2*httpBuffer || w.conn.tls { // which has records of its own
		return w.ResponseWriter.Write(p)
	}
	w.conn.gathers = true
	defer func() { w.conn.gathers = false }()
	n, err := w.ResponseWriter.Write(p)
	if e := w.conn.flush(); err == nil {
		err = e
	}
	return n, err
}

// CloseWrite ends what is sent. The HTTP server does that before it closes a connection from which it has not read
// everything: otherwise the reset could overtake the answer.
func (c *conn) CloseWrite() error { return closeWrite(c.Conn) }

func closeWrite(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// countedConn takes itself off the count of open sockets when it is closed.
type countedConn struct {
	net.Conn
	count *atomic.Int64
	once  sync.Once
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	c.once.Do(func() { c.count.Add(-1) })
	return c.Conn.Close()
}

// CloseWrite is for conn.CloseWrite.
func (c *countedConn) CloseWrite() error { return closeWrite(c.Conn) }

// streamWord opens a STREAM request.
var streamWord = []byte("STREAM ")

// tlsHandshake is the first byte of a TLS connection.
const tlsHandshake = 0x16

// errNoTLS says that a client speaks TLS to a port that has no certificate.
var errNoTLS = errors.New("TLS handshake, and there is no certificate ([web] ssl certificate, ssl key)")

// errHandshake marks the errors of a TLS handshake.
var errHandshake = errors.New("TLS handshake")

// sniff reads the first bytes of c and says whether it is a stream. With a certificate it takes a TLS handshake; c then
// carries what is inside. It takes no longer than timeout.
func (c *conn) sniff(tlsConfig *tls.Config, timeout time.Duration) (isStream bool, err error) {
	if err := c.SetDeadline(time.Now().Add(timeout)); err != nil {
		return false, err
	}
	head, err := readHead(c.Conn)
	if err != nil {
		return false, err
	}
	c.head = head
	if head[0] == tlsHandshake {
		if tlsConfig == nil {
			return false, errNoTLS
		}
		inner := tls.Server(&conn{Conn: c.Conn, head: head}, tlsConfig)
		if err := inner.Handshake(); err != nil {
			return false, fmt.Errorf("%w: %w", errHandshake, err)
		}
		c.Conn, c.head, c.tls = inner, nil, true
		if c.head, err = readHead(inner); err != nil {
			return false, err
		}
	}
	if err := c.SetDeadline(time.Time{}); err != nil {
		return false, err
	}
	return bytes.Equal(c.head, streamWord), nil
}

// readHead reads as many bytes as it takes to know whether they open a STREAM request, at least one.
func readHead(r io.Reader) ([]byte, error) {
	head := make([]byte, 0, len(streamWord))
	for {
		n, err := r.Read(head[len(head):cap(head)])
		head = head[:len(head)+n]
		if len(head) == cap(head) || len(head) > 0 && !bytes.HasPrefix(streamWord, head) {
			return head, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// refuse answers a STREAM request and closes the connection. It reads the request first: bytes left unread would make
// the kernel reset the connection, and the child would not see the answer.
func (c *conn) refuse(answer string, timeout time.Duration) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(timeout))
	request := make([]byte, 0, wire.MaxRequest)
	for len(request) < cap(request) && !bytes.Contains(request, []byte("\r\n\r\n")) && !bytes.Contains(request, []byte("\n\n")) {
		n, err := c.Read(request[len(request):cap(request)])
		if err != nil {
			return
		}
		request = request[:len(request)+n]
	}
	_, _ = c.Write([]byte(answer))
}
