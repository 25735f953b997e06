package silence

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"foster/internal/pattern"
)

// Names of the files in the data directory.
const (
	netdataFile = "health.silencers.json"
	ownFile     = "health.silences.json"
)

// Files returns the names of the files in the data directory. They are replaced and never changed, and need not exist.
func Files() []string { return []string{netdataFile, ownFile} }

// maxKept bounds the silencers, the silences and the windows, each.
const maxKept = 1000

// Errors of changes.
var (
	ErrNotFound = errors.New("there is none with that id")
	ErrTooMany  = fmt.Errorf("there are %d already", maxKept)
)

// Options of a Set.
type Options struct {
	Log *slog.Logger
	Now func() time.Time
	// NetdataFile is where what the management API set is kept; empty: health.silencers.json in the directory.
	NetdataFile string
}

// Set is all that silences alerts. Its methods may be used from any goroutine.
type Set struct {
	log         *slog.Logger
	now         func() time.Time
	netdataPath string
	ownPath     string

	version  atomic.Uint64
	compiled atomic.Pointer[compiled]

	mu       sync.Mutex // held while changing and writing; guards the following
	commands commands
	own      own
	changed  chan struct{} // has an element after a change: what is due next may be another
}

// own is what is kept in foster's own file.
type own struct {
	Silences []Timed  `json:"silences"`
	Windows  []Window `json:"maintenance"`
}

// compiled is the whole set as Match reads it.
type compiled struct {
	all       Effect // for everything
	effect    Effect // of the silencers
	silencers []matcher
	timed     []compiledTimed
	windows   []compiledWindow
}

type compiledTimed struct {
	matcher
	effect  Effect
	expires time.Time
}

type compiledWindow struct {
	hosts      pattern.Pattern
	start, end time.Time // of the occurrence that is or comes next
}

// Open returns the set kept in a directory. Files that cannot be understood are moved aside, and logged.
func Open(dir string, o Options) (*Set, error) {
	s := &Set{
		log:         o.Log,
		now:         o.Now,
		netdataPath: o.NetdataFile,
		ownPath:     filepath.Join(dir, ownFile),
		commands:    commands{Type: None},
		changed:     make(chan struct{}, 1),
	}
	if s.netdataPath == "" {
		s.netdataPath = filepath.Join(dir, netdataFile)
	}
	if err := errors.Join(s.load(s.netdataPath, s.readCommands), s.load(s.ownPath, s.readOwn)); err != nil {
		return nil, fmt.Errorf("open silences: %w", err)
	}
	s.compileLocked()
	return s, nil
}

// Version changes whenever Match may answer otherwise than before; Run sees to it when time is the reason.
func (s *Set) Version() uint64 { return s.version.Load() }

// Match says whether an alert is not to be evaluated, or not to be notified. It takes no locks.
func (s *Set) Match(now time.Time, subject Subject) (disabled, silenced bool) {
	c := s.compiled.Load()
	note := func(e Effect) {
		disabled = disabled || e == Disable
		silenced = silenced || e == Silence
	}
	note(c.all)
	for i := range c.silencers {
		if c.silencers[i].match(&subject) {
			note(c.effect)
			break
		}
	}
	for i := range c.timed {
		if t := &c.timed[i]; now.Before(t.expires) && t.match(&subject) {
			note(t.effect)
		}
	}
	for i := range c.windows {
		w := &c.windows[i]
		if !silenced && !now.Before(w.start) && now.Before(w.end) && w.hosts.MatchAny(subject.Hostname, subject.MachineGUID) {
			note(Silence)
		}
	}
	return disabled, silenced
}

// Silences returns the silences, the newest first.
func (s *Set) Silences() []Timed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.own.Silences)
}

// Add adds a silence and returns it with its id. What is wrong with it is an InvalidError.
func (s *Set) Add(t Timed) (Timed, error) {
	now := s.now()
	if err := t.validate(now); err != nil {
		return Timed{}, fmt.Errorf("add a silence: %w", err)
	}
	t.ID, t.Created = uuid.NewString(), now.UTC().Truncate(time.Second)
	err := s.change(func(o *own) error {
		if len(o.Silences) >= maxKept {
			return ErrTooMany
		}
		o.Silences = slices.Insert(o.Silences, 0, t)
		return nil
	})
	if err != nil {
		return Timed{}, fmt.Errorf("add a silence: %w", err)
	}
	return t, nil
}

// Remove removes the silence with that id. The error may be ErrNotFound.
func (s *Set) Remove(id string) error {
	err := s.change(func(o *own) error {
		return deleteOne(&o.Silences, func(t Timed) bool { return t.ID == id })
	})
	if err != nil {
		return fmt.Errorf("remove a silence: %w", err)
	}
	return nil
}

// Windows returns the maintenance windows, the newest first.
func (s *Set) Windows() []Window {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.own.Windows)
}

// AddWindow adds a maintenance window and returns it with its id. What is wrong with it is an InvalidError.
func (s *Set) AddWindow(w Window) (Window, error) {
	now := s.now()
	if err := w.validate(now); err != nil {
		return Window{}, fmt.Errorf("add a maintenance window: %w", err)
	}
	w.ID, w.Created = uuid.NewString(), now.UTC().Truncate(time.Second)
	err := s.change(func(o *own) error {
		if len(o.Windows) >= maxKept {
			return ErrTooMany
		}
		o.Windows = slices.Insert(o.Windows, 0, w)
		return nil
	})
	if err != nil {
		return Window{}, fmt.Errorf("add a maintenance window: %w", err)
	}
	return w, nil
}

// RemoveWindow removes the maintenance window with that id. The error may be ErrNotFound.
func (s *Set) RemoveWindow(id string) error {
	err := s.change(func(o *own) error {
		return deleteOne(&o.Windows, func(w Window) bool { return w.ID == id })
	})
	if err != nil {
		return fmt.Errorf("remove a maintenance window: %w", err)
	}
	return nil
}

func deleteOne[T any](list *[]T, is func(T) bool) error {
	i := slices.IndexFunc(*list, is)
	if i < 0 {
		return ErrNotFound
	}
	*list = slices.Delete(*list, i, i+1)
	return nil
}

// change changes a copy of what is foster's own, writes it and makes it count.
func (s *Set) change(f func(*own) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := own{slices.Clone(s.own.Silences), slices.Clone(s.own.Windows)}
	if err := f(&next); err != nil {
		return err
	}
	if err := writeJSON(s.ownPath, next); err != nil {
		return err
	}
	s.own = next
	s.compileLocked()
	return nil
}

// compileLocked makes Match answer by the fields, and returns when that must be done again.
func (s *Set) compileLocked() (due time.Time) {
	now := s.now()
	sooner := func(t time.Time) {
		if due.IsZero() || t.Before(due) {
			due = t
		}
	}
	c := &compiled{effect: s.commands.Type}
	if s.commands.All {
		c.all = s.commands.Type
	}
	if s.commands.Type != None {
		for i := range s.commands.Silencers {
			c.silencers = append(c.silencers, s.commands.Silencers[i].compile())
		}
	}
	for i := range s.own.Silences {
		t := &s.own.Silences[i]
		c.timed = append(c.timed, compiledTimed{t.Selector.compile(), t.Effect, t.Expires})
		sooner(t.Expires)
	}
	for i := range s.own.Windows {
		w := &s.own.Windows[i]
		zone, err := w.location()
		if err != nil {
			continue // it was there when the window was made
		}
		start, end, ok := w.at(now, zone)
		if !ok {
			continue
		}
		c.windows = append(c.windows, compiledWindow{pattern.Parse(w.Hosts, pattern.Blanks), start, end})
		if now.Before(start) {
			sooner(start)
		} else {
			sooner(end)
		}
	}
	s.compiled.Store(c)
	s.version.Add(1)
	select {
	case s.changed <- struct{}{}:
	default:
	}
	return due
}

// Run removes what has expired and begins windows, until ctx is done.
func (s *Set) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-s.changed:
		}
		timer.Reset(s.expire())
	}
}

// maxSleep bounds how long Run trusts that the clock was not set.
const maxSleep = time.Minute

// expire removes what has expired and returns when to look again.
func (s *Set) expire() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	next := own{slices.Clone(s.own.Silences), slices.Clone(s.own.Windows)}
	next.Silences = slices.DeleteFunc(next.Silences, func(t Timed) bool { return !now.Before(t.Expires) })
	next.Windows = slices.DeleteFunc(next.Windows, func(w Window) bool {
		zone, err := w.location()
		if err != nil {
			return false
		}
		_, _, ok := w.at(now, zone)
		return !ok
	})
	if len(next.Silences) != len(s.own.Silences) || len(next.Windows) != len(s.own.Windows) {
		s.own = next
		if err := writeJSON(s.ownPath, next); err != nil {
			s.log.Error("silences that have expired remain in their file", "file", s.ownPath, "error", err)
		}
	}
	due := s.compileLocked()
	select { // it was this
	case <-s.changed:
	default:
	}
	if due.IsZero() {
		return maxSleep
	}
	return min(max(due.Sub(now), 0), maxSleep)
}
