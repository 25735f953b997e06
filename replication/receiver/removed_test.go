package receiver

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"foster/replication/wire"
	"foster/storage"
	"foster/storage/catalog"
)

// child is a connection of a child that was admitted.
type child struct {
	t *testing.T
	net.Conn
}

func (p *parent) connect(t *testing.T, caps wire.Caps) child {
	t.Helper()
	c, reply := p.dial(t, request(guid(1), int64(caps)))
	if !strings.HasPrefix(reply, "Hit me") {
		t.Fatal(reply)
	}
	return child{t, c}
}

func (c child) send(format string, args ...any) {
	c.t.Helper()
	if _, err := fmt.Fprintf(c, format, args...); err != nil {
		c.t.Fatal(err)
	}
}

func (c child) expect(format string, args ...any) {
	c.t.Helper()
	want := fmt.Sprintf(format, args...)
	buf := make([]byte, len(want))
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if n, err := io.ReadFull(c, buf); err != nil || string(buf) != want {
		c.t.Fatalf("the parent sent %q (%v), want %q", buf[:n], err, want)
	}
}

// A host that is removed is disconnected first, and is asked for all its history when it comes back.
func TestRemovedHostStartsAnew(t *testing.T) {
	p := startParent(t, nil)
	const caps = wire.ParentCaps &^ wire.Compressions &^ wire.Paths
	now := time.Now().Unix()
	history := func(c child) {
		t.Helper()
		c.send(definition)
		c.send("CHART_DEFINITION_END %d %d %d\n", now-50, now-1, now)
		c.expect("REPLAY_CHART \"test.one\" \"true\" %d %d\n", now-50, now-1)
		c.send("RBEGIN 'test.one'\n")
		for at := now - 49; at < now; at++ {
			c.send("RBEGIN '' %d %d %d\nRSET \"a\" %d A\n", at-1, at, now, at%10)
		}
		c.send("REND 1 %d %d true %d %d %d\n", now-50, now-1, now-50, now-1, now)
	}
	stored := func(h *catalog.Host, want int) {
		t.Helper()
		eventually(t, func() bool { return len(points(t, p.store, h.Chart("test.one"), now-200, now+10)) == want },
			func() string { return fmt.Sprintf("%d points are not stored", want) })
	}
	c := p.connect(t, caps)
	history(c)
	first := p.store.Catalog().Host(guid(1))
	stored(first, 49)

	if err := p.store.Remove(t.Context(), first); !errors.Is(err, storage.ErrConnected) {
		t.Errorf("a connected host: %v", err)
	}
	if err := p.Disconnect(t.Context(), guid(1), "host removed"); err != nil {
		t.Fatal(err)
	}
	if err := p.Disconnect(t.Context(), guid(1), "host removed"); err != nil {
		t.Errorf("nobody is connected: %v", err)
	}
	if list, err := first.Connections(t.Context()); err != nil || len(list) != 1 || list[0].Reason != "host removed" || list[0].Samples != 49 {
		t.Errorf("connections %+v, error %v", list, err)
	}
	if err := p.store.Remove(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	history(p.connect(t, caps)) // is asked for the same again
	second := p.store.Catalog().Host(guid(1))
	if second == first || second.StoreID() == first.StoreID() {
		t.Error("the host is the old one")
	}
	stored(second, 49)
	if _, err := p.store.Erase(t.Context()); err != nil {
		t.Fatal(err)
	}
	stored(second, 49)
}

// What a child of v1, which has no history, left behind does not come back with it.
func TestRemovedHostIsNotRecalled(t *testing.T) {
	p := startParent(t, nil)
	caps := wire.ParentCaps &^ (wire.Compressions | wire.Replication | wire.Interpolated | wire.Paths)
	c := p.connect(t, caps)
	c.send(definition)
	c.send("BEGIN test.one 0\nSET a = 1\nEND\n")
	h := func() *catalog.Host { return p.store.Catalog().Host(guid(1)) }
	eventually(t, func() bool { return h() != nil && h().Chart("test.one") != nil }, func() string { return "no chart" })
	first := h()
	if err := p.Disconnect(t.Context(), guid(1), "host removed"); err != nil {
		t.Fatal(err)
	}
	if err := p.store.Remove(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	c = p.connect(t, caps)
	c.send(definition)
	eventually(t, func() bool { return h() != nil && h().Chart("test.one") != nil }, func() string { return "no chart after it was removed" })
	if h() == first {
		t.Error("the host is the old one")
	}
}

func TestEphemeralAndNodeID(t *testing.T) {
	p := startParent(t, nil)
	const caps = wire.ParentCaps &^ wire.Compressions
	const node, claim = "bbbbbbbb-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"
	path := func(id string) string {
		return fmt.Sprintf(`JSON STREAM_PATH
{"version":1,"streaming_path":[{"version":1,"hostname":"up","host_id":"%s","node_id":"%s","hops":1,"capabilities":["V1"]},{"version":1,"hostname":"child01","host_id":"%s","node_id":%s,"hops":0,"capabilities":["V1"]}]}
JSON_PAYLOAD_END
`, guid(9), claim, guid(1), id)
	}
	h := func() *catalog.Host { return p.store.Catalog().Host(guid(1)) }
	want := func(ephemeral bool, node string) {
		t.Helper()
		eventually(t, func() bool { return h() != nil && h().Info().Ephemeral == ephemeral && h().Info().NodeID == node },
			func() string { return fmt.Sprintf("%+v", h().Info()) })
	}
	c := p.connect(t, caps)
	c.send("LABEL \"_is_ephemeral\" = 1 \"true\"\nOVERWRITE labels\n%s", path(`"`+node+`"`))
	want(true, node)
	if err := p.Disconnect(t.Context(), guid(1), "test"); err != nil {
		t.Fatal(err)
	}
	want(true, node)
	c = p.connect(t, caps)
	want(true, node) // before it says so again
	c.send("LABEL \"_is_ephemeral\" = 1 \"false\"\nOVERWRITE labels\n%s", path("null"))
	want(false, "")
	c.send("%s", path(`"not a guid"`))
	c.send("LABEL \"_is_ephemeral\" = 1 \"true\"\nOVERWRITE labels\n")
	want(true, "")
}

// A chart that was forgotten is a new one when its child defines it again, and comes back when there is data of it.
func TestForgottenChart(t *testing.T) {
	p := startParent(t, nil)
	const caps = wire.ParentCaps &^ wire.Compressions &^ wire.Replication &^ wire.Paths
	c := p.connect(t, caps)
	now := time.Now().Unix()
	h := func() *catalog.Host { return p.store.Catalog().Host(guid(1)) }
	data := func(at int64, stored int) {
		t.Helper()
		c.send("BEGIN2 'test.one' 1 %d #\nSET2 'a' 1 1 A\nEND2\n", at)
		eventually(t, func() bool {
			return h() != nil && h().Chart("test.one") != nil && len(points(t, p.store, h().Chart("test.one"), now-200, now+10)) == stored
		}, func() string { return fmt.Sprintf("%d points are not stored", stored) })
	}
	c.send(definition)
	data(now-9, 1)
	first := h().Chart("test.one")
	forget := func() {
		h().RemoveCharts(func(ch *catalog.Chart) bool { return ch.ID == "test.one" })
		if h().Chart("test.one") != nil {
			t.Fatal("the chart is still there")
		}
	}
	forget()
	data(now-8, 2)
	if h().Chart("test.one") != first {
		t.Error("another chart has come back")
	}
	forget()
	c.send(definition)
	data(now-7, 3)
	if ch := h().Chart("test.one"); ch == first || ch.Dimension("a") == nil {
		t.Error("a chart defined again is the old one")
	}
}
