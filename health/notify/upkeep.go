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
	timer := time.NewTimer(syncEvery) // the journal may have grown before the start
	defer timer.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-h.outcome:
			h.tell()
		case <-h.journal.unsynced:
			timer.Reset(syncEvery)
		case <-timer.C:
			if h.upkeep() {
				timer.Reset(syncEvery)
			}
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

// upkeep syncs the journal, or compacts it when it has grown, and says whether there is more to do then.
func (h *Hub) upkeep() (more bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.journal.grown():
		h.compactLocked()
	case h.journal.dirty:
		h.syncLocked()
	}
	return h.journal.dirty || h.journal.grown()
}

// syncLocked syncs the journal. It gives the lock away meanwhile.
func (h *Hub) syncLocked() {
	file := h.journal.file // which keep alone replaces
	h.journal.dirty = false
	h.mu.Unlock()
	err := file.Sync()
	h.mu.Lock()
	if err != nil {
		h.journal.dirty = true
		if !h.journal.unsyncable {
			h.log.Error("sync the journal of notifications: it is tried again", "error", err)
		}
	}
	h.journal.unsyncable = err != nil
}

// compactLocked writes the journal anew. It gives the lock away meanwhile.
func (h *Hub) compactLocked() {
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
	if err := h.journal.end(file, content.Len(), errors.Join(err, werr)); err != nil {
		h.log.Error("keep the journal of notifications small", "error", err)
	}
}
