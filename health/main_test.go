package health

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"foster/health/alert"
	"foster/health/conf"
	"foster/health/history"
	"foster/health/silence"
	"foster/replication/wire"
	"foster/storage"
	"foster/storage/catalog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// epoch is second 0 of the tests. It is a multiple of many widths of windows.
const epoch = int64(1_800_000_000)

const (
	childGUID = "a1a2a3a4-0000-4000-8000-000000000001"
	selfGUID  = "a1a2a3a4-0000-4000-8000-00000000000f"
)

// bench is an engine with a child, whose clock the test moves.
type bench struct {
	t   testing.TB
	dir string

	mu  sync.Mutex // guards now
	now time.Time

	store    *storage.Store
	log      *history.Log
	silences *silence.Set
	engine   *Engine
	rules    Rules
	settings Settings
	facts    map[string]float64
	notified []alert.Transition
	observed []alert.Transition
	host     *catalog.Host
	appender *storage.Appender
	conn     *catalog.Connection
	problems bool // definitions may have problems
}

func newBench(t testing.TB) *bench {
	b := &bench{t: t, dir: t.TempDir(), now: time.Unix(epoch, 0), rules: Rules{Mode: Connected}}
	b.start()
	t.Cleanup(b.stop)
	return b
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) set(second int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = time.Unix(epoch+second, 0)
}

// start opens everything, as foster does.
func (b *bench) start() {
	b.t.Helper()
	log := slog.New(slog.NewTextHandler(b.t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	o := storage.DefaultOptions()
	o.Dir, o.Logger, o.Now = b.dir, log, b.clock
	var err error
	if b.store, err = storage.Open(b.t.Context(), o); err != nil {
		b.t.Fatal(err)
	}
	if b.log, err = history.Open(b.t.Context(), b.dir+"/health.db", log); err != nil {
		b.t.Fatal(err)
	}
	if b.silences, err = silence.Open(b.dir, silence.Options{Now: b.clock, Log: log}); err != nil {
		b.t.Fatal(err)
	}
	b.engine, err = New(Options{
		Store: b.store, Steps: []int64{1, 60, 3600}, History: b.log, Silences: b.silences, Log: log, Now: b.clock, Workers: 1,
		Notify:   func(t alert.Transition) { b.notified = append(b.notified, t) },
		Observe:  func(t alert.Transition) { b.observed = append(b.observed, t) },
		Rules:    func(*catalog.Host) Rules { return b.rules },
		Self:     Self{MachineGUID: selfGUID, Hostname: "parent", Facts: func() map[string]float64 { return b.facts }},
		Settings: b.settings,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.host = b.store.Catalog().Define(childGUID, catalog.HostInfo{Hostname: "child", OS: "linux", UpdateEvery: 1, Hops: 1})
}

func (b *bench) stop() {
	b.disconnect()
	for _, err := range []error{b.log.Close(), b.store.Close()} {
		if err != nil {
			b.t.Error(err)
		}
	}
}

// load puts definitions in force.
func (b *bench) load(text string) {
	b.t.Helper()
	list, problems, err := conf.Parse(strings.NewReader(text), "health.d/test.conf")
	if err != nil || len(problems) > 0 && !b.problems {
		b.t.Fatalf("definitions: %v %v", err, problems)
	}
	b.settings.Definitions = list
	b.engine.Reload(b.settings)
}

func (b *bench) connect() {
	b.t.Helper()
	var err error
	if b.appender, err = b.store.Receive(b.t.Context(), b.host, storage.Keep{Mode: storage.DBEngine}); err != nil {
		b.t.Fatal(err)
	}
	b.conn = &catalog.Connection{Since: b.clock(), APIKey: "key"}
	b.conn.SetLastTraffic(b.clock())
	if !b.host.Connect(b.conn) {
		b.t.Fatal("the host is removed")
	}
	for _, ch := range b.host.Charts() {
		ch.SetDefined(b.clock())
	}
}

func (b *bench) disconnect() {
	if b.conn == nil {
		return
	}
	if err := b.appender.Commit(); err != nil {
		b.t.Error(err)
	}
	b.host.Disconnect(b.conn)
	b.conn, b.appender = nil, nil
}

// chart defines a chart.
func (b *bench) chart(def wire.Chart, dimensions ...string) *catalog.Chart {
	if def.UpdateEvery == 0 {
		def.UpdateEvery = 1
	}
	if def.Context == "" {
		def.Context = def.ID
	}
	ch := b.host.DefineChart(def)
	ch.SetDefined(b.clock())
	for _, d := range dimensions {
		if ch.Dimension(d) == nil {
			ch.AddDimension(wire.Dimension{ID: d, Name: d, Multiplier: 1, Divisor: 1})
		}
	}
	return ch
}

// append stores a point of each dimension at the time of the clock.
func (b *bench) append(ch *catalog.Chart, values map[string]float64) {
	b.t.Helper()
	at := b.clock().Unix()
	for _, d := range ch.Dimensions() {
		v, ok := values[d.ID]
		if !ok {
			continue
		}
		var flags wire.Flags
		if values[d.ID+"!"] != 0 {
			flags = wire.Anomalous
		}
		if err := b.appender.Append(d, at, v, flags); err != nil {
			b.t.Fatal(err)
		}
		ch.LockLatest()
		d.SetLast(at, v, flags)
		d.SetCollected(v * 10)
		ch.UnlockLatest()
		b.conn.Samples.Add(1)
	}
	if err := b.appender.Commit(); err != nil {
		b.t.Fatal(err)
	}
	ch.Stored(at)
	b.conn.SetLastTraffic(b.clock())
}

// evaluate makes a pass and waits until what has come of it is in the log and notified.
func (b *bench) evaluate() {
	b.t.Helper()
	b.engine.pass(b.t.Context())
	if err := b.log.Flush(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// alert returns an alert of a host by name, nil when there is none.
func (b *bench) alert(guid, name string) *Snapshot {
	list := b.engine.Alerts(guid)
	for i := range list {
		if list[i].Name == name {
			return &list[i]
		}
	}
	return nil
}

// logged returns the transitions of a host in the log as "name:OLD>NEW", the oldest first.
func (b *bench) logged(ctx context.Context, guid string) []string {
	b.t.Helper()
	list, err := b.log.Query(ctx, history.Filter{MachineGUIDs: []string{guid}, Limit: 10_000})
	if err != nil {
		b.t.Fatal(err)
	}
	slices.Reverse(list)
	var texts []string
	for _, t := range list {
		texts = append(texts, fmt.Sprintf("%s:%s>%s", t.Name, t.Old, t.New))
	}
	return texts
}
