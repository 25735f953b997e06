package swarm

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"foster/replication/wire"
)

func TestSwarm(t *testing.T) {
	for _, stagger := range []time.Duration{0, 50 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			const n = 30
			parents := make([]*parent, n)
			s, err := NewSwarm(n, stagger, func(i int) Options {
				parents[i] = newParent(t, all)
				return testOptions(parents[i], func(o *Options) {
					o.Hostname, o.Values, o.Caps = fmt.Sprint("child", i), Mix(uint64(i)), CapsV2|wire.LZ4
					o.Offset = time.Duration(i) * 10 * time.Millisecond
				})
			})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() {
				defer close(done)
				s.Run(ctx)
			}()
			begin := time.Now()
			if err := s.WaitLive(ctx); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begin); took < 29*stagger || took > 29*stagger+50*time.Millisecond {
				t.Errorf("live after %s", took)
			}
			time.Sleep(10*time.Second + 500*time.Millisecond)
			synctest.Wait()
			cancel()
			<-done
			for i, c := range s.Children() {
				parents[i].wg.Wait()
				parents[i].check(c, begin.Unix()-50, begin.Unix()+10)
			}
			if st := s.Stats(); st.Connects != n || st.Charts != n*4 || st.LiveCharts != 0 || st.Sent != st.Live+st.Replayed {
				t.Errorf("%+v", st)
			}
			if err := s.WaitLive(ctx); err == nil {
				t.Error("children that have ended are live")
			}
		})
	}
	if _, err := NewSwarm(1, 0, func(int) Options { return Options{} }); err == nil {
		t.Error("no error for a child without options")
	}
}

// TestNetwork runs over real connections, plain and TLS.
func TestNetwork(t *testing.T) {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	for name, config := range map[string]*tls.Config{"plain": nil, "tls": {RootCAs: roots, ServerName: "example.com"}} {
		t.Run(name, func(t *testing.T) {
			p := newParent(t, all)
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			addr := listener.Addr().String()
			if config != nil {
				listener = tls.NewListener(listener, &tls.Config{Certificates: server.TLS.Certificates})
			}
			p.wg.Go(func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					p.wg.Go(func() { p.serve(conn) })
				}
			})
			c := newChild(t, testOptions(p, func(o *Options) {
				o.Dial, o.Addr, o.TLS, o.Caps = nil, addr, config, CapsV2|wire.LZ4
				o.ReconnectDelay = 10 * time.Millisecond
			}))
			s := &Swarm{children: []*Child{c}}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			done := make(chan struct{})
			begin := time.Now().Unix()
			go func() {
				defer close(done)
				s.Run(ctx)
			}()
			for range 3 {
				if err := s.WaitLive(ctx); err != nil {
					t.Fatal(err)
				}
				c.Cut()
				for c.Stats().LiveCharts > 0 {
					time.Sleep(time.Millisecond)
				}
			}
			if err := s.WaitLive(ctx); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Until(time.Unix(begin+2, 2e8)))
			listener.Close()
			cancel()
			<-done
			p.wg.Wait()
			p.check(c, begin-50, begin+2)
			if st := c.Stats(); st.Connects != 4 {
				t.Errorf("%+v", st)
			}
		})
	}
}

// benchSession is a session with a parent that takes everything, of a child with history.
func benchSession(b *testing.B, caps wire.Caps) *session {
	c, err := New(Options{Addr: "localhost:1", APIKey: testKey, GUID: testGUID, Hostname: "x", Charts: Synthetic(20, 10), Values: Mix(1), Caps: caps})
	if err != nil {
		b.Fatal(err)
	}
	s := newSession(c, &recordConn{}, caps)
	for i := range s.charts {
		s.charts[i].chart.first = c.clock() - 1000
	}
	return s
}

var benchCaps = []struct {
	name string
	caps wire.Caps
}{{"v1", CapsV1}, {"v2", CapsV2}, {"v2 lz4", CapsV2 | wire.LZ4}, {"v2 zstd", CapsV2 | wire.ZSTD}}

// BenchmarkLive reports what a live sample costs a child.
func BenchmarkLive(b *testing.B) {
	for _, bc := range benchCaps {
		b.Run(bc.name, func(b *testing.B) {
			s := benchSession(b, bc.caps)
			now := time.Now()
			s.child.opts.Now = func() time.Time { return now }
			s.ticked = s.child.clock()
			for i := range s.charts {
				s.start(&s.charts[i], s.ticked)
			}
			b.ReportAllocs()
			for b.Loop() {
				now = now.Add(time.Second)
				if err := s.tick(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/200, "ns/sample")
			b.ReportMetric(float64(s.child.Stats().Bytes)/float64(s.child.Stats().Live), "B/sample")
		})
	}
}

// BenchmarkReplay reports what a sample of history costs a child.
func BenchmarkReplay(b *testing.B) {
	for _, bc := range benchCaps {
		b.Run(bc.name, func(b *testing.B) {
			s := benchSession(b, bc.caps)
			now := time.Now().Unix()
			b.ReportAllocs()
			for b.Loop() {
				if err := s.answer(request{0, wire.ReplayChart{After: now - 1000, Before: now, Start: true}}); err != nil {
					b.Fatal(err)
				}
			}
			st := s.child.Stats()
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(st.Replayed), "ns/sample")
			b.ReportMetric(float64(st.Bytes)/float64(st.Replayed), "B/sample")
		})
	}
}
