package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"foster/migrations"
)

// maxReaders is how many queries run at the same time.
const maxReaders = 4

// Open returns the log kept in the SQLite file path, which is created when it does not exist. Close writes what is queued.
//
// A file that is damaged is moved aside and a new one is begun. A file written by a newer version is an error.
func Open(ctx context.Context, path string, log *slog.Logger) (*Log, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open the alert log: %w", err)
	}
	l, err := open(ctx, path, log)
	if damaged(err) {
		aside := fmt.Sprintf("%s.corrupt-%d", path, time.Now().Unix())
		log.Error("the alert log is damaged: it is moved aside and begun anew; alerts that are raised are notified again",
			"file", path, "moved_to", aside, "error", err)
		if err := moveAside(path, aside); err != nil {
			return nil, fmt.Errorf("move the damaged alert log aside: %w", err)
		}
		l, err = open(ctx, path, log)
	}
	if err != nil {
		return nil, fmt.Errorf("open the alert log %s: %w", path, err)
	}
	return l, nil
}

// open is Open without help for a damaged file.
func open(ctx context.Context, path string, log *slog.Logger) (*Log, error) {
	db, err := connect(path, "")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // one goroutine writes
	if err := prepare(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	readers, err := connect(path, "query_only(ON)")
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	readers.SetMaxOpenConns(maxReaders)
	w, err := newWriter(ctx, db)
	if err != nil {
		return nil, errors.Join(err, readers.Close(), db.Close())
	}
	return newLog(db, readers, w, log), nil
}

func connect(path, pragma string) (*sql.DB, error) {
	pragmas := []string{"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)"}
	lock := "immediate"
	if pragma != "" {
		pragmas, lock = append(pragmas, pragma), "deferred"
	}
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{"_pragma": pragmas, "_txlock": {lock}}.Encode()}
	return sql.Open("sqlite", dsn.String())
}

// prepare checks the database and brings its schema up to date.
func prepare(ctx context.Context, db *sql.DB) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	if verdict != "ok" {
		return fmt.Errorf("check: %w: %s", errDamaged, verdict)
	}
	files, err := fs.Sub(migrations.Health, "health")
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if current > target {
		return fmt.Errorf("its schema has version %d, this program knows %d: it was written by a newer foster", current, target)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

var errDamaged = errors.New("database is damaged")

// damaged says whether err means that the file is no alert log, rather than that it cannot be read or written now.
func damaged(err error) bool {
	if errors.Is(err, errDamaged) {
		return true
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB,
		sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_CONSTRAINT: // tables that are not ours
		return true
	}
	return false
}

// moveAside renames a database with its log.
func moveAside(path, aside string) error {
	if err := os.Rename(path, aside); err != nil {
		return err
	}
	if err := os.Rename(path+"-wal", aside+"-wal"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Remove(path + "-shm"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
