package ring

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The names of mapped files.
const (
	suffix     = ".ring"
	tempSuffix = ".new"
)

// path returns where the mapped file of a chart is. Ids hold what file names cannot.
func (h *Host) path(id string, every int64) string {
	name := sha256.Sum256([]byte(id))
	return filepath.Join(h.opts.Dir, fmt.Sprintf("%x-%d%s", name[:16], every, suffix))
}

// openFiles opens the files of an earlier run.
func (h *Host) openFiles() error {
	entries, err := os.ReadDir(h.opts.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(h.opts.Dir, e.Name())
		switch {
		case strings.HasSuffix(path, tempSuffix):
			_ = os.Remove(path)
		case strings.HasSuffix(path, suffix) && e.Type().IsRegular():
			var err error
			if fault := guard(true, func() { err = h.openFile(path) }); fault != nil || err != nil {
				err = errors.Join(fault, err)
				h.complain("a mapped ring is damaged: it is deleted", filepath.Base(path), err)
				_ = os.Remove(path)
			}
		}
	}
	return guard(true, func() {
		for _, c := range h.list() {
			c.settle()
		}
	})
}

// openFile opens the file of a chart, which may have another one, for another interval.
func (h *Host) openFile(path string) error {
	r, id, names, err := openRows(path)
	if err != nil {
		return err
	}
	if path != h.path(id, r.every) {
		r.close()
		return fmt.Errorf("%w: it has not the name of its chart", ErrCorrupt)
	}
	h.opts.Entries = cmp.Or(h.opts.Entries, r.entries)
	c := h.define(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now == nil {
		c.now, c.names = r, names
		return nil
	}
	// Each file has its own columns.
	if r.span().Last > c.now.span().Last {
		c.now, c.names, r, names = r, names, c.now, c.names
	}
	columns := make([]uint32, len(names))
	for i, name := range names {
		if name != "" {
			if columns[i] = uint32(c.columnLocked(name)); int32(columns[i]) < 0 {
				columns[i] = uint32(len(c.names))
				c.names = append(c.names, name)
			}
		}
	}
	past := c.newRows(r.every, layout{width: len(c.names), tagged: true, flagged: true})
	r.each(func(n, t int64, cells []cell) {
		for i := range cells {
			cells[i].column = columns[cells[i].column]
		}
		if n > r.last-past.entries {
			past.put(n, t, cells)
		}
	})
	c.publish(past)
	r.replaced(past)
	c.past.release() // of a third interval
	c.past = past
	return nil
}

// settle gives what was opened the size that the host's options want.
func (c *Chart) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.now; r.entries != c.host.opts.Entries || r.width < len(c.names) {
		c.replace(c.newRows(r.every, layout{width: max(r.width, len(c.names)), tagged: true, flagged: true}))
	}
	c.resize()
}

// removeDir removes the directory of the host's files.
func (h *Host) removeDir() {
	if h.mapped() {
		_ = os.RemoveAll(h.opts.Dir)
	}
}
