package catalog

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"foster/migrations"
	"foster/replication/wire"
)

func TestRemove(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	c := openCatalog(t, path)
	h, other := fill(c), c.Define("other", HostInfo{Hostname: "other"})
	conn := &Connection{Since: time.Unix(1, 0), APIKey: "key"}
	conn.SetLastTraffic(conn.Since)
	h.Connect(conn)
	flush(t, c)
	wantReopened(t, c, path)
	if _, err := c.Remove(t.Context(), h, time.Unix(50, 0)); !errors.Is(err, ErrConnected) || c.Find("web1") != h {
		t.Errorf("a connected host is removed: %v", err)
	}
	h.Disconnect(conn)
	changed := h.Updated()
	r, err := c.Remove(t.Context(), h, time.Unix(50, 0))
	if want := (Removal{h.GUID, h.GUID, "web1", time.Unix(50, 0)}); err != nil || r != want {
		t.Errorf("removal %+v, error %v", r, err)
	}
	select {
	case <-changed:
	default:
		t.Error("those who watch the host do not hear of it")
	}
	if c.Find("web1") != nil || c.Host(h.GUID) != nil || c.Len() != 1 || c.Hosts()[0] != other || !h.Removed() {
		t.Error("the host is still there")
	}
	if h.Connect(conn) {
		t.Error("a removed host connects")
	}
	if _, err := c.Remove(t.Context(), h, time.Now()); !errors.Is(err, ErrRemoved) {
		t.Errorf("it is removed twice: %v", err)
	}
	// What a session that has not noticed yet does is not written.
	h.SetLabels(nil)
	h.DefineChart(wire.Chart{ID: "late.chart", Type: "line"})
	flush(t, c)
	wantReopened(t, c, path)
	if n := count(t, c, "chart"); n != 0 {
		t.Errorf("%d charts are left in the file", n)
	}

	// It comes back while its points are being deleted, goes and comes back again.
	again := fill(c)
	if again == h || again.StoreID() != h.GUID+"~1" || GUIDOf(again.StoreID()) != h.GUID {
		t.Errorf("the host is back with store id %q", again.StoreID())
	}
	flush(t, c)
	wantReopened(t, c, path)
	second, err := c.Remove(t.Context(), again, time.Unix(60, 0))
	if err != nil || second.StoreID != h.GUID+"~1" {
		t.Errorf("second removal %+v, error %v", second, err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = openCatalog(t, path)
	if list := c.Removals(); len(list) != 2 || list[0] != r || list[1] != second {
		t.Errorf("removals after a restart: %+v", list)
	}
	if id := c.Define(h.GUID, HostInfo{}).StoreID(); id != h.GUID+"~2" {
		t.Errorf("third store id is %q", id)
	}
	if err := c.Deleted(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if id := c.Define(h.GUID, HostInfo{}).StoreID(); id != h.GUID+"~2" {
		t.Errorf("the store id of a host has changed to %q", id)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = openCatalog(t, path)
	if list := c.Removals(); len(list) != 1 || list[0] != second {
		t.Errorf("removals left: %+v", list)
	}
	back := c.Host(h.GUID)
	if back.StoreID() != h.GUID+"~2" {
		t.Errorf("store id after a restart is %q", back.StoreID())
	}
	if _, err := c.Remove(t.Context(), back, time.Unix(70, 0)); err != nil {
		t.Fatal(err)
	}
	if id := c.Define(h.GUID, HostInfo{}).StoreID(); id != h.GUID {
		t.Errorf("the GUID itself is free, but the store id is %q", id)
	}
}

// When the file cannot be written the host stays.
func TestFailedRemove(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	c := openCatalog(t, path)
	h := fill(c)
	flush(t, c)
	forbid(t, c, "removal")
	if _, err := c.Remove(t.Context(), h, time.Now()); err == nil {
		t.Error("no error")
	}
	if c.Find("web1") != h || len(c.Removals()) != 0 || h.Removed() {
		t.Error("the host is removed")
	}
	permit(t, c, "removal")
	wantReopened(t, c, path)
	if _, err := c.Remove(t.Context(), h, time.Now()); err != nil {
		t.Error(err)
	}
}

// A host is removed while it comes and goes, as it does when its session runs on another goroutine.
func TestRemoveWhileConnecting(t *testing.T) {
	c := openCatalog(t, filepath.Join(t.TempDir(), "catalog.db"))
	var wg sync.WaitGroup
	done := make(chan struct{})
	refused := 0
	wg.Go(func() {
		defer close(done)
		for i := range 300 {
			h := c.Define("guid", HostInfo{Hostname: fmt.Sprint("h", i)})
			conn := &Connection{Since: time.Unix(int64(i), 0)}
			if !h.Connect(conn) {
				refused++
				continue
			}
			h.DefineChart(wire.Chart{ID: "a.b", Type: "line"}).AddDimension(wire.Dimension{ID: "x"})
			h.Disconnect(conn)
			runtime.Gosched()
		}
	})
	removed := 0
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		h := c.Host("guid")
		if h == nil {
			runtime.Gosched()
			continue
		}
		switch _, err := c.Remove(t.Context(), h, time.Now()); {
		case err == nil:
			removed++
		case !errors.Is(err, ErrConnected):
			t.Fatal(err)
		}
	}
	wg.Wait()
	flush(t, c)
	if list := c.Removals(); len(list) != removed || removed == 0 {
		t.Errorf("%d removals with %d store ids", removed, len(list))
	}
	t.Logf("removed %d times, %d connections refused", removed, refused)
	if rows := count(t, c, "host"); rows != c.Len() {
		t.Errorf("%d hosts are in the file, %d in memory", rows, c.Len())
	}
}

// A database of the first version is brought up to date and keeps everything.
func TestMigrateFromFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.FS, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`INSERT INTO host VALUES (3, 'guid', 'old', 'old.example', 'linux', 'UTC', 'UTC', 0, 1, 1, 'netdata', 'v1.37.1', '', 0, 0, 0,
			'dbengine', '{"A":"b"}', 'claim', 'node', 1000, 2000)`,
		`INSERT INTO host_label VALUES (3, 'role', 'web', 2)`,
		`INSERT INTO chart VALUES (5, 3, 'a.b', '', 'title', 'units', 'family', 'a.b', 'line', 100, 1, 0, 0, 0, 0, 'p', 'm')`,
		`INSERT INTO dimension VALUES (5, 0, 'x', 'x', 'absolute', 1, 1, 0, 0, 0, 0)`,
		`INSERT INTO connection VALUES (7, 3, 1000, 1900, '192.0.2.1:1', 0, 'v1.37.1', 0, 'none', 5, 0, 0, 100, 'gone')`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	c := openCatalog(t, path)
	h := c.Find("old")
	if h == nil || h.StoreID() != "guid" || h.FirstSeen().Unix() != 1000 || h.LastSeen().Unix() != 2000 || len(h.Labels()) != 1 ||
		h.APIKey() != "" || h.Info().NodeID != "node" || h.Info().ClaimID != "claim" || h.Chart("a.b").Dimension("x") == nil {
		t.Errorf("host is %+v", h)
	}
	if list, err := h.Connections(t.Context()); err != nil || len(list) != 1 || list[0].Reason != "gone" {
		t.Errorf("connections %+v, error %v", list, err)
	}
	if _, err := c.Remove(t.Context(), h, time.Unix(1, 0)); err != nil {
		t.Error(err)
	}
	wantReopened(t, c, path)
}

// Every migration can be undone.
func TestMigrateDown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	if err := openCatalog(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.FS, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.DownTo(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := provider.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, c *Catalog, table string) (n int) {
	t.Helper()
	if err := c.persister.db.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
