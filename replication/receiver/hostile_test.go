package receiver

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"foster/replication/wire"
	"foster/storage"
	"foster/storage/catalog"
)

// clock is what the receiver of play believes the time to be.
const clock = int64(1_795_225_600)

// testReceiver returns a receiver over store whose clock stands at unix time clock.
func testReceiver(t testing.TB, store *storage.Store) *Receiver {
	t.Helper()
	r, err := New(Options{
		Store: store, GUID: parentGUID, Hostname: "parent01", Rules: testRules, Logger: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Unix(clock, 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// play receives lines that a child sends without waiting for answers. It returns the host and how the connection ended.
func play(t testing.TB, r *Receiver, machine string, caps wire.Caps, lines ...string) (*catalog.Host, error) {
	t.Helper()
	c := &stream{messages: [][]byte{[]byte(request(machine, int64(caps))), []byte(strings.Join(lines, "\n") + "\n")}}
	err := r.Serve(context.Background(), c, Peer{Addr: "test", IP: "127.0.0.1"})
	return r.opts.Store.Catalog().Host(machine), err
}

const (
	capsOld    = wire.VCaps | wire.HLabels | wire.CLabels
	capsReplay = capsOld | wire.Replication
	capsV2     = capsReplay | wire.Interpolated | wire.IEEE754 | wire.Slots
)

// TestNoPanic sends what once brought the whole parent down.
func TestNoPanic(t *testing.T) {
	r := testReceiver(t, testStore(t))
	for i, test := range []struct {
		name  string
		lines []string
	}{
		{"an interval that overflows", []string{
			"CHART a.b", "DIMENSION x", "BEGIN a.b", "RBEGIN a.b", "RBEGIN '' -9223372036854775808 0 5", "BEGIN a.b 1", "SET x 1", "END",
		}},
		{"a value that is missing, without BEGIN", []string{"CHART a.b", "DIMENSION x", "SET x", "END"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := play(t, r, guid(i), capsReplay, test.lines...); err != nil {
				t.Error(err)
			}
		})
	}
}
