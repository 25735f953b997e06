package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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

// Options of a persisted catalog.
type Options struct {
	Logger *slog.Logger     // required
	Now    func() time.Time // nil: the system's clock
}

// Open returns the catalog kept in the SQLite file path, which is created when it does not exist. Changes are written
// every few seconds; Close writes the rest.
//
// A file that is damaged is moved aside and a new one is begun: nothing is lost for good, since hosts and charts come back
// when their children connect. A file written by a newer version is an error.
func Open(ctx context.Context, path string, o Options) (*Catalog, error) {
	if o.Logger == nil {
		return nil, errors.New("catalog options: no logger")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open catalog: %w", err)
	}
	c, err := open(ctx, path, o)
	if damaged(err) {
		aside := fmt.Sprintf("%s.corrupt-%d", path, time.Now().Unix())
		o.Logger.Error("the catalog is damaged: it is moved aside and begun anew; hosts come back with what is stored of them, and when their children connect",
			"file", path, "moved_to", aside, "error", err)
		if err := moveAside(path, aside); err != nil {
			return nil, fmt.Errorf("move the damaged catalog aside: %w", err)
		}
		c, err = open(ctx, path, o)
	}
	if err != nil {
		return nil, fmt.Errorf("open catalog %s: %w", path, err)
	}
	return c, nil
}

// open is Open without help for a damaged file.
func open(ctx context.Context, path string, o Options) (*Catalog, error) {
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{
		"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(ON)"},
		"_txlock": {"immediate"},
	}.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, err
	}
	// Everything is read once at the start and then only written, by one goroutine.
	db.SetMaxOpenConns(1)
	c, ids, err := prepare(ctx, db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	c.persister = newPersister(c, db, ids, o)
	return c, nil
}

// prepare checks the database, brings its schema up to date and loads it.
func prepare(ctx context.Context, db *sql.DB) (*Catalog, rowIDs, error) {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return nil, rowIDs{}, fmt.Errorf("check: %w", err)
	}
	if verdict != "ok" {
		return nil, rowIDs{}, fmt.Errorf("check: %w: %s", errDamaged, verdict)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.FS, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, rowIDs{}, fmt.Errorf("read the migrations: %w", err)
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return nil, rowIDs{}, fmt.Errorf("read the schema's version: %w", err)
	}
	if current > target {
		return nil, rowIDs{}, fmt.Errorf("its schema has version %d, this program knows %d: it was written by a newer foster", current, target)
	}
	if _, err := provider.Up(ctx); err != nil {
		return nil, rowIDs{}, fmt.Errorf("migrate: %w", err)
	}
	return load(ctx, db)
}

var errDamaged = errors.New("database is damaged")

// damaged says whether err means that the file is no catalog, rather than that it cannot be read or written now.
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

// Flush writes all changes made so far. It does nothing for a catalog in memory.
func (c *Catalog) Flush(ctx context.Context) error {
	if c.persister == nil {
		return nil
	}
	return c.persister.flush(ctx)
}

// Close writes what has changed and closes the file. Closing twice is harmless; changes made afterwards are not kept.
func (c *Catalog) Close() error {
	if c.persister == nil {
		return nil
	}
	return c.persister.close()
}
