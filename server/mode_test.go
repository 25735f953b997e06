package server

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"foster/replication/wire"
)

// TestMemoryModes: each connection is kept as the configuration then in force says for its key and machine, and the API
// tells so.
func TestMemoryModes(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	const machine = "cccccccc-0000-4000-8000-000000000001"
	for i, step := range []struct{ mode, stream string }{
		{"dbengine", testStream},
		{"ram", testStream + "    default memory mode = ram\n    default history = 600\n"},
		{"map", testStream + "    default memory mode = ram\n[" + machine + "]\n    db = map\n    retention = 1h\n"},
		{"none", testStream + "[" + machine + "]\n    type = machine\n    memory mode = none\n"},
		{"save", testStream + "    memory mode = save\n"},
	} {
		p.write(t, "config/stream.conf", step.stream)
		if err := p.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		child, answer := stream(t, p.plain(), func(r *wire.Request) {
			r.MachineGUID, r.Hostname = machine, "child01"
			r.Version |= int64(wire.Interpolated | wire.IEEE754)
		})
		if !accepted(answer) {
			t.Fatalf("%s: STREAM: %q", step.mode, answer)
		}
		at := time.Now().Unix() - 20 + int64(i)
		lines := fmt.Sprintf("CHART a.b '' t u f ctx line 1 1\nDIMENSION x x absolute 1 1\nBEGIN2 'a.b' 1 %d #\nSET2 'x' 5 # A\nEND2\n", at)
		if _, err := io.WriteString(child, lines); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() bool { return p.store.Catalog().Host(machine) != nil }, "the host")
		host := p.store.Catalog().Host(machine)
		last := func() (at int64) {
			if ch := host.Chart("a.b"); ch != nil && len(ch.Dimensions()) > 0 {
				at, _, _ = ch.Dimensions()[0].Last()
			}
			return at
		}
		eventually(t, func() bool { return last() == at }, "the point")
		if a := get(t, p.plain(), "/host/child01/api/v1/info"); !strings.Contains(strings.ReplaceAll(a.body, " ", ""), fmt.Sprintf(`"memory-mode":%q`, step.mode)) {
			t.Errorf("%s: info: %s", step.mode, a.body)
		}
		if a := get(t, p.plain(), "/host/child01/api/v1/charts"); !strings.Contains(strings.ReplaceAll(a.body, " ", ""), fmt.Sprintf(`"memory_mode":%q`, step.mode)) {
			t.Errorf("%s: charts: %s", step.mode, a.body)
		}
		const query = "/host/child01/api/v1/data?chart=a.b&after=-60&format=csv"
		if step.mode == "none" { // as a Netdata parent
			if a := get(t, p.plain(), query); a.status != http.StatusNotFound || !strings.Contains(a.body, "No metrics where matched to query.") {
				t.Errorf("none: %d %s", a.status, a.body)
			}
		} else {
			eventually(t, func() bool { return strings.Contains(get(t, p.plain(), query).body, ",5") }, "the point of mode "+step.mode)
		}
		_ = child.Close()
		eventually(t, func() bool { return host.Connection() == nil }, "the end of the connection")
	}
	if strings.Contains(p.log.String(), "not supported yet") {
		t.Error("a memory mode is said not to be supported")
	}
}
