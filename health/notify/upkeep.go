package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"
)

// syncEvery is what is lost at most when the machine loses power.
const syncEvery = time.Second

// keep tells outcomes, and syncs and compacts the journal, until the hub is closed.
func (h *Hub) keep() {
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-h.outcome:
			h.tell()
		case <-tick.C:
			h.upkeep()
		}
	}
}

// tell makes the calls of Options.Done that are due.
func (h *Hub) tell() {
	h.mu.Lock()
	calls := h.calls
	h.calls = nil
	h.mu.Unlock()
	for _, c := range calls {
		if h.opt.Done != nil {
			h.opt.Done(c.id, c.at, c.code)
		}
	}
}

// upkeep syncs the journal, or compacts it when it has grown.
func (h *Hub) upkeep() {
	h.mu.Lock()
	if !h.journal.grown() {
		file, dirty := h.journal.file, h.journal.dirty
		h.journal.dirty = false
		h.mu.Unlock()
		if dirty {
			if err := file.Sync(); err != nil {
				h.log.Error("sync the journal of notifications", "error", err)
			}
		}
		return
	}
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	var err error
	for _, rec := range h.state.records(time.Now()) {
		err = errors.Join(err, encoder.Encode(rec))
	}
	h.journal.begin()
	h.mu.Unlock()
	file, werr := h.journal.write(content.Bytes())
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.journal.end(file, content.Len(), errors.Join(err, werr)); err != nil {
		h.log.Error("keep the journal of notifications small", "error", err)
	}
}
