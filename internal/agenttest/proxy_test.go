package agenttest_test

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"foster/internal/agenttest"
)

// echo answers every connection with its own bytes.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			io.Copy(c, c)
			c.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l.Addr().String()
}

func TestProxy(t *testing.T) {
	p := agenttest.StartProxy(t, echo(t))
	dial := func() net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", p.Addr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	roundTrip := func(c net.Conn) error {
		if _, err := c.Write([]byte("ping")); err != nil {
			return err
		}
		_, err := io.ReadFull(c, make([]byte, 4))
		return err
	}

	c := dial()
	if err := roundTrip(c); err != nil {
		t.Fatal(err)
	}
	if p.Up() != 4 || p.Accepted() != 1 {
		t.Errorf("%d bytes up on %d connections, want 4 on 1", p.Up(), p.Accepted())
	}

	p.Stall(true)
	c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if err := roundTrip(c); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a stalled connection gave %v", err)
	}
	c.SetReadDeadline(time.Time{})
	p.Stall(false)
	if _, err := io.ReadFull(c, make([]byte, 4)); err != nil {
		t.Errorf("after the stall: %v", err)
	}

	p.Stall(true)
	if _, err := c.Write([]byte("lost")); err != nil {
		t.Fatal(err)
	}
	if n := p.Cut(); n != 1 {
		t.Errorf("cut %d connections, want 1", n)
	}
	if err := roundTrip(c); err == nil {
		t.Error("a cut connection works")
	}
	p.Stall(false)
	if err := roundTrip(dial()); err != nil {
		t.Errorf("after the cut: %v", err)
	}

	if err := p.Refuse(true); err != nil {
		t.Fatal(err)
	}
	if _, err := net.Dial("tcp", p.Addr()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial gave %v, want refused", err)
	}
	if err := p.Refuse(false); err != nil {
		t.Fatal(err)
	}
	p.Cut()
	if err := roundTrip(dial()); err != nil {
		t.Errorf("after being refused: %v", err)
	}
}
