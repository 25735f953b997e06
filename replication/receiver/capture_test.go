package receiver

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"foster/replication/wire"
	"foster/storage"
	"foster/storage/catalog"
	"foster/storage/query"
)

// capture is a recorded connection that is received again. As a net.Conn it returns what the child sent, read by read,
// and sets the receiver's clock to the time of each.
type capture struct {
	stream []byte
	reads  [][3]int64
	next   int
	now    time.Time
	sent   bytes.Buffer // by the parent

	between bool           // what was read ends between blocks
	answers map[string]int // recorded answers to REPLAY_CHART, by chart; of an uncompressed stream
	extra   []byte         // answers to questions that the recorded parent did not ask
}

func (c *capture) Read(p []byte) (int, error) {
	if len(c.extra) > 0 && c.between {
		n := copy(p, c.extra)
		c.extra = c.extra[n:]
		return n, nil
	}
	for c.next < len(c.reads) {
		r := &c.reads[c.next]
		if r[1] == 0 {
			c.next++
			continue
		}
		c.now = time.UnixMilli(r[2])
		n := copy(p, c.stream[r[0]:r[0]+r[1]])
		r[0] += int64(n)
		r[1] -= int64(n)
		lines := bytes.SplitAfter(p[:n], []byte("\n"))
		c.between = len(lines) > 1 && len(lines[len(lines)-1]) == 0 &&
			(bytes.HasPrefix(lines[len(lines)-2], []byte("END")) || bytes.HasPrefix(lines[len(lines)-2], []byte("REND")))
		return n, nil
	}
	return 0, io.EOF
}

// offer changes the capabilities of the request, keeping its length.
func (c *capture) offer(t *testing.T, caps wire.Caps) {
	t.Helper()
	i := bytes.Index(c.stream, []byte("&ver="))
	n := bytes.IndexByte(c.stream[i+1:], '&')
	if i < 0 || n < 0 {
		t.Fatal("the request has no ver")
	}
	copy(c.stream[i:i+1+n], fmt.Sprintf("&ver=%0*d", n-4, uint32(caps)))
}

// Write takes what the parent sends. A question that the recorded parent did not ask has no recorded answer: it is
// answered with nothing, as by a child that has nothing more.
func (c *capture) Write(p []byte) (int, error) {
	for line := range bytes.Lines(p) {
		var w wire.Words
		w.Split(line)
		if string(w.Word(0)) != "REPLAY_CHART" || c.answers == nil {
			continue
		}
		id := w.Text(1)
		if c.answers[id]--; c.answers[id] < 0 {
			c.extra = fmt.Appendf(c.extra, "RBEGIN \"%s\"\nREND 1 %s %s %s %s %s %d\n", id, w.Word(3), w.Word(4), w.Word(2), w.Word(3), w.Word(4), c.now.Unix())
		}
	}
	return c.sent.Write(p)
}

func (c *capture) Close() error                     { return nil }
func (c *capture) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *capture) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c *capture) SetDeadline(time.Time) error      { return nil }
func (c *capture) SetReadDeadline(time.Time) error  { return nil }
func (c *capture) SetWriteDeadline(time.Time) error { return nil }

const capturesDir = "testdata/captures"

func openCapture(t *testing.T, name string) *capture {
	t.Helper()
	c := &capture{stream: readGzip(t, name, "stream.gz")}
	if err := json.Unmarshal(readGzip(t, name, "reads.json.gz"), &c.reads); err != nil {
		t.Fatal(err)
	}
	c.now = time.UnixMilli(c.reads[0][2])
	if strings.HasPrefix(name, "k-") {
		c.answers = map[string]int{}
		for line := range bytes.Lines(c.stream) {
			var w wire.Words
			if w.Split(line); string(w.Word(0)) == "RBEGIN" && len(w.Word(1)) > 0 && w.Len() == 2 {
				c.answers[w.Text(1)]++
			}
		}
	}
	return c
}

func readGzip(t testing.TB, capture, file string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join(capturesDir, capture, file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// answer is /api/v1/data of a chart.
type answer struct {
	Labels []string     `json:"labels"`
	Data   [][]*float64 `json:"data"`
}

func readAnswers(t *testing.T, capture, file string) map[string]answer {
	t.Helper()
	if _, err := os.Stat(filepath.Join(capturesDir, capture, file)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var a map[string]answer
	if err := json.Unmarshal(readGzip(t, capture, file), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// testRules admit every child and take every compression.
func testRules(string, string) Rules {
	yes := func(string) bool { return true }
	return Rules{
		KeyIsAPI: true, KeyEnabled: true, KeyAllows: yes, MachineIsMachine: true, MachineEnabled: true, MachineAllows: yes,
		Child: Child{
			Compressions: []wire.Caps{wire.ZSTD, wire.LZ4, wire.GZIP, wire.Brotli},
			Replication:  true, ReplicationPeriod: 24 * time.Hour, ReplicationStep: time.Hour, Keep: storage.Keep{Mode: storage.DBEngine},
			Limits: DefaultLimits(),
		},
	}
}

func testStore(t testing.TB) *storage.Store {
	t.Helper()
	opts := storage.DefaultOptions()
	opts.Dir = t.TempDir()
	store, err := storage.Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// receive plays a capture into the store.
func receive(t *testing.T, store *storage.Store, name string) *catalog.Host {
	t.Helper()
	c := openCapture(t, name)
	rules := testRules("", "")
	// The recorded stream is compressed with what its real parent chose.
	for _, a := range []struct {
		name string
		bit  wire.Caps
	}{{"lz4", wire.LZ4}, {"zstd", wire.ZSTD}, {"gzip", wire.GZIP}, {"brotli", wire.Brotli}} {
		if strings.Contains(name, a.name) {
			rules.Child.Compressions = []wire.Caps{a.bit}
		}
	}
	if strings.HasPrefix(name, "i1-") {
		// A 2.11 child and a 1.37.1 parent: the request offered more than the recorded parent took.
		rules.Child.Compressions = []wire.Caps{wire.LZ4}
		c.offer(t, wire.LZ4|wire.VCaps|wire.HLabels|wire.Claim|wire.CLabels|wire.Functions|wire.Replication|wire.Binary)
	}
	r, err := New(Options{
		Store: store, GUID: "00000000-0000-4000-8000-000000000000", Hostname: "foster", Now: func() time.Time { return c.now },
		Rules: func(string, string) Rules { return rules },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Serve(t.Context(), c, Peer{Addr: "[127.0.0.1]:1", IP: "127.0.0.1"}); err != nil && !strings.Contains(err.Error(), "inside a line") &&
		!errors.Is(err, io.ErrUnexpectedEOF) { // the recorder cut the connection anywhere
		t.Fatal(err)
	}
	query, _ := wire.ParseRequest(c.stream[:bytes.Index(c.stream, []byte("\r\n\r\n"))])
	h := store.Catalog().Host(query.MachineGUID)
	if h == nil {
		t.Fatalf("host %q is not in the catalog", query.MachineGUID)
	}
	return h
}

// points reads a chart from the store: by time, a value per dimension name.
func points(t testing.TB, store *storage.Store, ch *catalog.Chart, after, before int64) map[int64]map[string]float64 {
	t.Helper()
	out := map[int64]map[string]float64{}
	dims := ch.Dimensions()
	selection, err := store.Select(t.Context(), ch, dims, storage.Range{After: after, Before: before})
	if err != nil {
		t.Fatal(err)
	}
	defer selection.Close()
	buf := make([]query.Point, 256)
	for i, s := range selection.Series {
		for {
			n, err := s.Cursor.Read(buf)
			for _, p := range buf[:n] {
				row := out[p.End]
				if row == nil {
					row = map[string]float64{}
					out[p.End] = row
				}
				if _, double := row[dims[i].Def().Name]; double {
					t.Errorf("%s %s: two points at %d", ch.ID, dims[i].ID, p.End)
				}
				row[dims[i].Def().Name] = p.Sum
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return out
}

// tally counts how the points of an agent's answer are found in the store.
type tally struct {
	points, missing, different int
	examples                   []string
}

// same says whether two numbers are one: agents keep 24 bits of mantissa, and print 7 decimals.
func same(a, b float64) bool {
	return math.Abs(a-b) <= 1e-6*max(math.Abs(a), math.Abs(b))+1e-7
}

func compare(t *testing.T, store *storage.Store, h *catalog.Host, answers map[string]answer, after, before int64) tally {
	t.Helper()
	var out tally
	for id, a := range answers {
		ch := h.Chart(id)
		if ch == nil {
			t.Errorf("chart %q is not in the catalog", id)
			continue
		}
		stored := points(t, store, ch, after, before)
		for _, row := range a.Data {
			at := int64(*row[0])
			if at <= after || at > before {
				continue
			}
			for i, v := range row[1:] {
				if v == nil {
					continue
				}
				out.points++
				got, ok := stored[at][a.Labels[i+1]]
				switch {
				case !ok:
					out.missing++
				case !same(got, *v):
					out.different++
				default:
					continue
				}
				if len(out.examples) < 12 {
					out.examples = append(out.examples, fmt.Sprintf("%s %s at %d: stored %v (%t), agent %v", id, a.Labels[i+1], at, got, ok, *v))
				}
			}
		}
	}
	return out
}

// commonWindow returns the times of a data answer that a parent can have: from the second point it stored on.
func commonWindow(answers map[string]answer) (after, before int64) {
	for _, a := range answers {
		for _, row := range a.Data {
			at := int64(*row[0])
			before = max(before, at)
			if after == 0 || at < after {
				after = at
			}
		}
	}
	return after, before
}

// TestCaptures receives every recorded connection of real agents and compares charts, dimensions, labels and values with
// what the real parent, and the child itself, answered.
func TestCaptures(t *testing.T) {
	for _, names := range [][]string{ // the connections of a host, in order
		{"a-v1.37-none"},
		{"b-v1.37-lz4"},
		{"c-v1.37-lz4-reconnect-1-before", "c-v1.37-lz4-reconnect-2-after"},
		{"d-v2.11-none"},
		{"e-v2.11-lz4"},
		{"f-v2.11-zstd"},
		{"f2-v2.11-zstd-reconnect-1-before", "f2-v2.11-zstd-reconnect-2-after"},
		{"g-v2.11-gzip"},
		{"h-v2.11-brotli"},
		{"i1-child-v2.11-parent-v1.37"},
		{"i2-child-v1.37-parent-v2.11"},
		{"j-v2.11-proxy"},
		{"j-v2.11-proxy-proxy01"},
		{"j-v2.11-proxy-vnode01"},
		{"k-v1.37-odd-none"},
	} {
		last := names[len(names)-1]
		t.Run(last, func(t *testing.T) {
			t.Parallel()
			store := testStore(t)
			var h *catalog.Host
			for _, name := range names {
				h = receive(t, store, name)
			}
			compareCharts(t, h, last)
			parent, child := readAnswers(t, last, "data-parent.json.gz"), readAnswers(t, last, "data-child.json.gz")
			if parent == nil {
				return
			}
			after, before := commonWindow(parent)
			p := compare(t, store, h, parent, after-1, before)
			t.Logf("real parent: %d points, %d missing, %d different", p.points, p.missing, p.different)
			if p.missing > 0 || p.different > 0 {
				t.Errorf("points of the real parent: %d missing, %d different\n%s", p.missing, p.different, strings.Join(p.examples, "\n"))
			}
			if child == nil {
				return
			}
			// The child has more than it could give: compare what the parent has.
			c := compare(t, store, h, restrict(child, parent), after-1, before)
			t.Logf("child: %d points, %d missing, %d different (%.3f %%)\n%s", c.points, c.missing, c.different, 100*float64(c.different)/float64(max(1, c.points)), strings.Join(c.examples, "\n"))
			if c.missing > 0 || c.different > 0 {
				t.Errorf("points of the child: %d missing, %d different\n%s", c.missing, c.different, strings.Join(c.examples, "\n"))
			}
		})
	}
}

// restrict leaves of a only the points that b has a value for.
func restrict(a, b map[string]answer) map[string]answer {
	out := map[string]answer{}
	for id, x := range a {
		y, ok := b[id]
		if !ok {
			continue
		}
		has := map[string]bool{}
		for _, row := range y.Data {
			for i, v := range row[1:] {
				if v != nil {
					has[fmt.Sprint(int64(*row[0]), y.Labels[i+1])] = true
				}
			}
		}
		kept := answer{Labels: x.Labels}
		for _, row := range x.Data {
			copied := slices.Clone(row)
			for i := range copied[1:] {
				if !has[fmt.Sprint(int64(*row[0]), x.Labels[i+1])] {
					copied[i+1] = nil
				}
			}
			kept.Data = append(kept.Data, copied)
		}
		out[id] = kept
	}
	return out
}

// compareCharts compares definitions with the real parent's.
func compareCharts(t *testing.T, h *catalog.Host, capture string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(capturesDir, capture, "charts.json.gz")); errors.Is(err, fs.ErrNotExist) {
		return
	}
	var want map[string]struct {
		Name        string `json:"name"`
		Family      string `json:"family"`
		Context     string `json:"context"`
		Title       string `json:"title"`
		Priority    int    `json:"priority"`
		Plugin      string `json:"plugin"`
		Module      string `json:"module"`
		Units       string `json:"units"`
		ChartType   string `json:"chart_type"`
		UpdateEvery int64  `json:"update_every"`
		Dimensions  map[string]struct {
			Name string `json:"name"`
		} `json:"dimensions"`
		Labels map[string]string `json:"chart_labels"`
	}
	if err := json.Unmarshal(readGzip(t, capture, "charts.json.gz"), &want); err != nil {
		t.Fatal(err)
	}
	if len(want) == 0 {
		t.Fatal("no charts to compare with")
	}
	for id, w := range want {
		ch := h.Chart(id)
		if ch == nil {
			t.Errorf("chart %q is not in the catalog", id)
			continue
		}
		def := ch.Def()
		got := fmt.Sprintf("%s|%s|%s|%s (%s)|%d|%s|%s|%s|%s|%d", ch.Name(), def.Family, def.Context, def.Title, ch.Name(), def.Priority, def.Plugin, def.Module, def.Units, def.Type, ch.UpdateEvery())
		real := fmt.Sprintf("%s|%s|%s|%s|%d|%s|%s|%s|%s|%d", w.Name, w.Family, w.Context, w.Title, w.Priority, w.Plugin, w.Module, w.Units, w.ChartType, w.UpdateEvery)
		if ascii(got) != ascii(real) {
			t.Errorf("chart %s:\n got %s\nwant %s", id, got, real)
		}
		for dim, d := range w.Dimensions {
			cat := ch.Dimension(dim)
			if cat == nil || cat.Def().Name != d.Name {
				t.Errorf("chart %s, dimension %s (%s): got %+v", id, dim, d.Name, cat)
			}
		}
		labels := map[string]string{}
		for _, l := range ch.Labels() {
			labels[l.Name] = l.Value
		}
		for name, value := range w.Labels {
			if labels[name] != value && strings.NewReplacer("[", "_", "]", "_").Replace(labels[name]) != value { // 1.37.1 replaces brackets
				t.Errorf("chart %s, label %s: got %q, want %q", id, name, labels[name], value)
			}
		}
	}
}

// ascii replaces what 1.37.1 replaces in titles.
func ascii(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] >= 0x80 {
			b[i] = '_'
		}
	}
	return string(b)
}
