package server

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"
	"time"

	"foster/server/config"
)

// conn is an accepted connection whose first bytes have been looked at. Reads return them again.
type conn struct {
	net.Conn
	head []byte

	bind   config.Bind
	tls    bool
	addr   string // for logs
	ip     string // "localhost" for a unix socket
	isLoop bool   // the peer is this machine
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

func newConn(c net.Conn, bind config.Bind) *conn {
	out := &conn{Conn: c, bind: bind}
	if bind.Network == "unix" {
		out.addr, out.ip, out.isLoop = "unix:"+bind.Host, "localhost", true
		return out
	}
	if ap, err := netip.ParseAddrPort(c.RemoteAddr().String()); err == nil {
		ip := ap.Addr().Unmap()
		out.ip, out.isLoop = ip.WithZone("").String(), ip.IsLoopback()
		out.addr = "[" + out.ip + "]:" + strconv.Itoa(int(ap.Port()))
	} else {
		out.addr, out.ip = c.RemoteAddr().String(), c.RemoteAddr().String()
	}
	return out
}

// streamWord opens a STREAM request.
var streamWord = []byte("STREAM ")

// tlsHandshake is the first byte of a TLS connection.
const tlsHandshake = 0x16

// errNoTLS says that a client speaks TLS to a port that has no certificate.
var errNoTLS = errors.New("TLS handshake on a port without a certificate")

// sniff reads the first bytes of c and says whether it is a stream. With a certificate it takes a TLS handshake; c then
// carries what is inside. It takes no longer than timeout.
func (c *conn) sniff(tlsConfig *tls.Config, timeout time.Duration) (isStream bool, err error) {
	if err := c.Conn.SetDeadline(time.Now().Add(timeout)); err != nil {
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
			return false, err
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
