package catalog

import (
	"database/sql"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foster/replication/wire"
)

func TestDamagedIsMovedAside(t *testing.T) {
	f := func(name string, damage func(path string)) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "catalog.db")
			c := openCatalog(t, path)
			fill(c)
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			damage(path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			c = openCatalog(t, path)
			if n := c.Len(); n != 0 {
				t.Errorf("%d hosts are left", n)
			}
			aside, err := filepath.Glob(path + ".corrupt-*")
			if err != nil || len(aside) == 0 {
				t.Fatalf("nothing is moved aside: %v, error %v", aside, err)
			}
			if kept, err := os.ReadFile(aside[0]); err != nil || len(kept) != len(before) {
				t.Errorf("the file moved aside has %d bytes, error %v; want %d", len(kept), err, len(before))
			}
			fill(c)
			flush(t, c)
			wantReopened(t, c, path)
		})
	}
	f("garbage", func(path string) { write(t, path, []byte(strings.Repeat("garbage ", 1000))) })
	f("header gone", func(path string) { write(t, path, append(make([]byte, 100), read(t, path)[100:]...)) })
	f("cut off", func(path string) { b := read(t, path); write(t, path, b[:len(b)/2]) })
	f("pages overwritten", func(path string) {
		b := read(t, path)
		for i := 4096; i < len(b); i++ {
			b[i] ^= 0x55
		}
		write(t, path, b)
	})
	f("tables of somebody else", func(path string) {
		exec(t, path, `DROP TABLE dimension`, `CREATE TABLE dimension (x)`)
	})
	f("values of somebody else", func(path string) {
		exec(t, path, `UPDATE host SET system_info = '{'`)
	})
}

func TestNewerIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	if err := openCatalog(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	exec(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`)
	_, err := Open(t.Context(), path, Options{Logger: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("open: %v, want a word about a newer version", err)
	}
	if aside, _ := filepath.Glob(path + ".corrupt-*"); len(aside) != 0 {
		t.Errorf("a sound file is moved aside: %v", aside)
	}
}

func TestUnusablePathIsAnError(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{filepath.Join(dir, "no", "such", "dir.db"), dir} {
		if _, err := Open(t.Context(), path, Options{Logger: slog.New(slog.DiscardHandler)}); err == nil {
			t.Errorf("%s can be opened", path)
		}
	}
}

func TestOddPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b?c=%41#d")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "catalog.db")
	c := openCatalog(t, path)
	c.Define("guid", HostInfo{}).DefineChart(wire.Chart{ID: "a.b", Type: "line"})
	flush(t, c)
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func exec(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
}
