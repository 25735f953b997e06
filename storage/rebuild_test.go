package storage

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A store whose catalog is damaged in any way opens, says so, and knows its hosts and charts by the names of what is stored.
func TestDamagedCatalog(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	cpu, disk := define(s, 1, "system.cpu", "user", "system"), define(s, 2, "disk_ops.sda", "reads")
	a := s.Appender()
	for at := epoch; at < epoch+100; at++ {
		for _, d := range append(cpu.Dimensions(), disk.Dimensions()...) {
			mustAppend(t, a, d, at, float64(at-epoch), 0)
		}
	}
	mustCommit(t, a)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	rounds := 30
	if testing.Short() {
		rounds = 5
	}
	for round := range rounds {
		copied := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(copied, "catalog.db")
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		switch round % 5 {
		case 0:
			err = os.Remove(file)
		case 1:
			err = os.WriteFile(file, content[:rand.IntN(len(content))], 0o600)
		case 2:
			clear(content[rand.IntN(len(content)):])
			err = os.WriteFile(file, content, 0o600)
		case 3:
			for range 1 + rand.IntN(50) {
				content[rand.IntN(len(content))] = byte(rand.Uint32())
			}
			err = os.WriteFile(file, content, 0o600)
		case 4:
			err = os.WriteFile(file+"-wal", content[rand.IntN(len(content)):], 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		o := testOptions(t, copied)
		o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
		s, err := Open(t.Context(), o)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if strings.Contains(log.String(), "the catalog was lost") || round%5 == 0 {
			h := s.Catalog().Host(cpu.Host.GUID)
			if h == nil || h.Info().Hostname != h.GUID || s.Catalog().Len() != 2 {
				t.Fatalf("round %d: the hosts are %v: %s", round, s.Catalog().Hosts(), &log)
			}
			ch := h.Chart("system.cpu")
			if ch == nil || ch.Dimension("user") == nil || ch.Dimension("system") == nil || ch.Def().Context != "system.cpu" {
				t.Fatalf("round %d: chart %+v", round, ch)
			}
			wantValues(t, read(t, s, ch.Dimension("user"), epoch, epoch+3), 1, 2, 3)
			if c := s.Catalog().Host(disk.Host.GUID).Chart("disk_ops.sda").Def().Context; c != "disk_ops.sda" {
				t.Errorf("context is %s", c)
			}
			// The child comes back, and goes on with the same series.
			cpu := define(s, 1, "system.cpu", "user", "system")
			a := s.Appender()
			mustAppend(t, a, cpu.Dimension("user"), epoch+100, 100, 0)
			mustCommit(t, a)
			if points := read(t, s, cpu.Dimension("user"), epoch-1, epoch+200); len(points) != 101 {
				t.Errorf("%d points, want 101", len(points))
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
