package prom

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/s2"
	"github.com/prometheus/prometheus/prompb"
)

// oneConn is a listener for one connection.
type oneConn struct {
	conns chan net.Conn
	addr  net.Addr
}

func (l *oneConn) Accept() (net.Conn, error) {
	c, ok := <-l.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (l *oneConn) Close() error   { return nil }
func (l *oneConn) Addr() net.Addr { return l.addr }

// begin sends a request to a handler, and returns the connection, of which nothing has been read. It has no buffers.
func begin(t *testing.T, handler http.Handler, method, path string, body []byte) net.Conn {
	t.Helper()
	client, server := net.Pipe()
	l := &oneConn{conns: make(chan net.Conn, 1), addr: server.LocalAddr()}
	l.conns <- server
	s := &http.Server{Handler: handler}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		_ = client.Close()
		close(l.conns)
		<-done
		_ = s.Close()
	})
	if _, err := fmt.Fprintf(client, "%s %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", method, path, len(body), body); err != nil {
		t.Fatal(err)
	}
	return client
}

// A query gives its turn back although its client has not read the answer.
func TestSlowReaderHoldsNoTurn(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.MaxQueries = 1 })
	text := strings.Repeat("x", 500_000)
	client := begin(t, f.prom, http.MethodGet, Prefix+"/api/v1/query?query=%22"+text+"%22", nil)
	first := make([]byte, 10)
	if _, err := io.ReadFull(client, first); err != nil { // it is being sent
		t.Fatal(err)
	}
	f.data("query", "query", "1", "timeout", "10s")
	resp, err := http.ReadResponse(bufio.NewReader(io.MultiReader(strings.NewReader(string(first)), client)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(body), text+`"]}}`) {
		t.Errorf("%d bytes, error %v", len(body), err)
	}
}

// So does a remote read, in either form.
func TestSlowRemoteReaderHoldsNoTurn(t *testing.T) {
	for _, kind := range []prompb.ReadRequest_ResponseType{prompb.ReadRequest_SAMPLES, prompb.ReadRequest_STREAMED_XOR_CHUNKS} {
		f := readFixture(t)
		f.prom.turns = make(chan struct{}, 1)
		request, err := (&prompb.ReadRequest{
			AcceptedResponseTypes: []prompb.ReadRequest_ResponseType{kind},
			Queries:               []*prompb.Query{{EndTimestampMs: now * 1000, Matchers: []*prompb.LabelMatcher{equal("__name__", "long_one")}}},
		}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		client := begin(t, f.prom, http.MethodPost, Prefix+"/api/v1/read", s2.EncodeSnappy(nil, request))
		if _, err := io.ReadFull(client, make([]byte, 10)); err != nil { // it is being sent
			t.Fatal(err)
		}
		f.data("query", "query", "1", "timeout", "10s")
	}
}

// A client that takes nothing of a large answer is given up, one that takes some of it is not.
func TestStalledReader(t *testing.T) {
	for _, reads := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			const size = 2 * mostHeld
			start := time.Now()
			failed := make(chan error, 1)
			client := begin(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				s := newSending(w)
				_, err := s.Write(make([]byte, size))
				failed <- errors.Join(err, s.flush())
			}), http.MethodGet, "/", nil)
			var wg sync.WaitGroup
			if reads {
				wg.Go(func() {
					buf := make([]byte, flushAt)
					for {
						time.Sleep(stalled / 20)
						if _, err := client.Read(buf); err != nil {
							return
						}
					}
				})
			}
			err := <-failed
			switch took := time.Since(start); {
			case reads && (err != nil || took < stalled):
				t.Errorf("one who reads: after %v: %v", took, err)
			case !reads && (!errors.Is(err, os.ErrDeadlineExceeded) || took != stalled):
				t.Errorf("one who does not read: after %v: %v", took, err)
			}
			_ = client.Close()
			wg.Wait()
		})
	}
}

// An answer does not take longer than it may, however slowly it is read.
func TestSendingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		failed := make(chan error, 1)
		client := begin(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			s := newSending(w)
			var err error
			for err == nil {
				_, err = s.Write(make([]byte, flushAt))
			}
			failed <- err
		}), http.MethodGet, "/", nil)
		var wg sync.WaitGroup
		wg.Go(func() {
			buf := make([]byte, 1000)
			for {
				time.Sleep(20 * time.Millisecond)
				if _, err := client.Read(buf); err != nil {
					return
				}
			}
		})
		if err, took := <-failed, time.Since(start); !errors.Is(err, os.ErrDeadlineExceeded) || took != mostSending {
			t.Errorf("after %v: %v", took, err)
		}
		_ = client.Close()
		wg.Wait()
	})
}
