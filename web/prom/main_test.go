package prom

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"foster/replication/wire"
	"foster/storage"
	"foster/storage/catalog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// now is the time of the tests' clock.
const now = int64(1_800_000_000)

func guidOf(n int) string { return fmt.Sprintf("a1a2a3a4-0000-4000-8000-%012d", n) }

// fixture is a store with a handler over it, and a clock that stands.
type fixture struct {
	t     testing.TB
	now   int64
	dir   string
	store *storage.Store
	prom  *Prom
}

func newFixture(t testing.TB, change ...func(*Options)) *fixture {
	t.Helper()
	return newFixtureAt(t, now, change...)
}

func newFixtureAt(t testing.TB, now int64, change ...func(*Options)) *fixture {
	t.Helper()
	f := &fixture{t: t, now: now, dir: t.TempDir()}
	f.open(change...)
	t.Cleanup(f.close)
	return f
}

// open opens the store.
func (f *fixture) open(change ...func(*Options)) {
	f.t.Helper()
	so := storage.DefaultOptions()
	so.Dir = f.dir
	so.Logger = slog.New(slog.NewTextHandler(f.t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	so.Now = func() time.Time { return time.Unix(f.now, 0) }
	var err error
	if f.store, err = storage.Open(f.t.Context(), so); err != nil {
		f.t.Fatal(err)
	}
	o := DefaultOptions()
	o.Store, o.Log, o.Now, o.Version = f.store, so.Logger, so.Now, "v1"
	for _, c := range change {
		c(&o)
	}
	if f.prom, err = New(o); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) close() {
	if err := f.store.Close(); err != nil {
		f.t.Error(err)
	}
}

// host returns the host number n.
func (f *fixture) host(n int, hostLabels ...wire.Label) *catalog.Host {
	h := f.store.Catalog().Define(guidOf(n), catalog.HostInfo{Hostname: fmt.Sprintf("h%d", n), UpdateEvery: 1})
	if hostLabels != nil {
		h.SetLabels(hostLabels)
	}
	h.SetRetentionKnown(true)
	return h
}

// chart defines a chart with dimensions; of its definition id, context, family and so on are taken.
func (f *fixture) chart(h *catalog.Host, def wire.Chart, dims ...string) *catalog.Chart {
	if def.Context == "" {
		def.Context = def.ID
	}
	if def.UpdateEvery == 0 {
		def.UpdateEvery = 1
	}
	ch := h.DefineChart(def)
	for _, d := range dims {
		id, name, _ := strings.Cut(d, ":")
		if name == "" {
			name = id
		}
		ch.AddDimension(wire.Dimension{ID: id, Name: name, Multiplier: 1, Divisor: 1})
	}
	return ch
}

// fill stores a value for each dimension of a chart at each of its times in (after, before]; NaN is a gap.
func (f *fixture) fill(ch *catalog.Chart, after, before int64, value func(d int, t int64) float64) {
	f.t.Helper()
	f.fillBy(f.store.Appender(), ch, after, before, value)
}

// fillBy is fill by an appender.
func (f *fixture) fillBy(app *storage.Appender, ch *catalog.Chart, after, before int64, value func(d int, t int64) float64) {
	f.t.Helper()
	for t := after + 1; t <= before; t++ {
		if t%ch.UpdateEvery() != 0 {
			continue
		}
		for i, d := range ch.Dimensions() {
			v := value(i, t)
			if math.IsNaN(v) {
				continue
			}
			// The flags lie below what is stored of a value: no reader may see them.
			flags := wire.Flags(0)
			if t%7 == 0 {
				flags = wire.Anomalous
			}
			if err := app.Append(d, t, v, flags); err != nil {
				f.t.Fatal(err)
			}
			ch.LockLatest()
			d.SetLast(t, v, flags)
			ch.UnlockLatest()
		}
		ch.Stored(t)
	}
	if err := app.Commit(); err != nil {
		f.t.Fatal(err)
	}
}

// do sends a request and returns status and body.
func (f *fixture) do(method, path string, params url.Values) *httptest.ResponseRecorder {
	if method == http.MethodPost {
		return f.raw(method, path, params.Encode())
	}
	return f.raw(method, path+"?"+params.Encode(), "")
}

// raw sends a request with a form as its body.
func (f *fixture) raw(method, path, form string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(f.t.Context(), method, Prefix+path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	f.prom.ServeHTTP(w, r)
	return w
}

// get sends a request to the API that must succeed, and returns the body.
func (f *fixture) get(command string, params ...string) string {
	f.t.Helper()
	w := f.do(http.MethodGet, "/api/v1/"+command, values(params...))
	if w.Code != http.StatusOK {
		f.t.Fatalf("%s %q: %d %s", command, params, w.Code, w.Body)
	}
	return w.Body.String()
}

// data returns the member data of the answer to get.
func (f *fixture) data(command string, params ...string) string {
	f.t.Helper()
	var answer struct {
		Status string
		Data   json.RawMessage
	}
	body := f.get(command, params...)
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Status != "success" {
		f.t.Fatalf("%s %q: %v: %s", command, params, err, body)
	}
	return string(answer.Data)
}

// eval returns the result of an instant query.
func (f *fixture) eval(query string, at int64, params ...string) string {
	f.t.Helper()
	var answer struct{ Result json.RawMessage }
	data := f.data("query", append([]string{"query", query, "time", itoa(at)}, params...)...)
	if err := json.Unmarshal([]byte(data), &answer); err != nil {
		f.t.Fatal(err)
	}
	return string(answer.Result)
}

// want fails when a result is not the one wanted.
func want(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

// values makes parameters from names and values in turn.
func values(params ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(params); i += 2 {
		v.Add(params[i], params[i+1])
	}
	return v
}
