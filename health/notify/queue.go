package notify

import (
	"slices"
	"strconv"
	"time"

	"foster/health/alert"
	"foster/health/notify/service"
)

// alertKey names an alert on this parent.
type alertKey struct {
	guid string
	id   int64
}

func keyOf(t *alert.Transition) alertKey { return alertKey{t.MachineGUID, t.AlarmID} }

// target is where a message goes: an address of a service.
type target struct{ service, address string }

// event is a transition while somebody has still to be told of it.
type event struct {
	alert.Transition
	open int  // items that have no outcome yet
	done bool // the engine knows the outcome
	code int  // of the failures so far
}

// item is one event for one target.
type item struct {
	recordItem
	ev     *event
	group  *group
	target target
	reason string // why it waits, as the log says
}

// group is the items that go to one target in one message.
type group struct {
	key      string
	address  string
	items    []*item
	due      time.Time
	attempts int
	flying   bool // a worker is at it
	held     bool // the rate limit delayed it
}

// queue is what waits for one service.
type queue struct {
	groups   []*group // in order of arrival
	open     map[string]*group
	latest   map[latestKey]*item // the item of an alert that waits, for services that want the newest state only
	size     int                 // items, those that fly included
	sent     map[string][]time.Time
	resent   time.Time // when a service of mode States was last told what is raised
	failures int       // in a row, of a service that is offline
	retry    time.Time // a service that is offline is left alone until then
	wake     chan struct{}
}

type latestKey struct {
	address string
	alert   alertKey
}

func newQueue() *queue {
	return &queue{
		open: map[string]*group{}, latest: map[latestKey]*item{}, sent: map[string][]time.Time{}, wake: make(chan struct{}, 1),
	}
}

func (q *queue) poke() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// groupKey returns what items of one message have in common.
func groupKey(mode service.Mode, it *item) string {
	switch mode {
	case service.Grouped:
		raised := "clear"
		if it.ev.New.Raised() {
			raised = "raised"
		}
		return it.Address + "\x00" + it.ev.Name + "\x00" + it.Role + "\x00" + raised
	case service.States:
		return ""
	}
	return strconv.FormatUint(it.ID, 10)
}

// add puts an item behind what waits, and into the group of its kind if that waits still.
func (q *queue) add(mode service.Mode, it *item) {
	key := groupKey(mode, it)
	g := q.open[key]
	if g == nil {
		g = &group{key: key, address: it.Address, due: it.Due, attempts: it.Attempts}
		q.groups, q.open[key] = append(q.groups, g), g
	}
	it.group = g
	g.items = append(g.items, it)
	if mode != service.Each {
		q.latest[latestKey{it.Address, keyOf(&it.ev.Transition)}] = it
	}
	q.size++
}

// remove takes an item out.
func (q *queue) remove(it *item) {
	g := it.group
	g.items = slices.DeleteFunc(g.items, func(x *item) bool { return x == it })
	if len(g.items) == 0 {
		q.groups = slices.DeleteFunc(q.groups, func(x *group) bool { return x == g })
		if q.open[g.key] == g {
			delete(q.open, g.key)
		}
	}
	if k := (latestKey{it.Address, keyOf(&it.ev.Transition)}); q.latest[k] == it {
		delete(q.latest, k)
	}
	q.size--
}

// fly takes a group out of what can grow.
func (q *queue) fly(g *group) {
	g.flying = true
	if q.open[g.key] == g {
		delete(q.open, g.key)
	}
	for _, it := range g.items {
		if k := (latestKey{it.Address, keyOf(&it.ev.Transition)}); q.latest[k] == it {
			delete(q.latest, k)
		}
	}
}

// land puts a group back that could not be delivered, together with what came for it meanwhile. Of its items those are
// returned that a newer one of the same alert overtook; they are for the caller to end.
func (q *queue) land(g *group) (overtaken []*item) {
	g.flying = false
	for _, it := range g.items {
		k := latestKey{it.Address, keyOf(&it.ev.Transition)}
		if q.latest[k] != nil {
			overtaken = append(overtaken, it)
		} else {
			q.latest[k] = it
		}
	}
	if newer := q.open[g.key]; newer != nil {
		for _, it := range newer.items {
			it.group = g
		}
		g.items = append(g.items, newer.items...)
		q.groups = slices.DeleteFunc(q.groups, func(x *group) bool { return x == newer })
	}
	q.open[g.key] = g
	return overtaken
}

// hurry lets what failed before be tried at once: the service is another one now.
func (q *queue) hurry(now time.Time) {
	q.failures, q.retry = 0, time.Time{}
	for _, g := range q.groups {
		if g.attempts > 0 && g.due.After(now) {
			g.due = now
		}
	}
}

// oldest returns the oldest item that no worker is at, nil when there is none.
func (q *queue) oldest() *item {
	for _, g := range q.groups {
		if !g.flying {
			return g.items[0]
		}
	}
	return nil
}

// free returns when another message may go to an address that gets at most limit in period.
func (q *queue) free(address string, now time.Time, limit int, period time.Duration) time.Time {
	if limit == 0 {
		delete(q.sent, address)
		return now
	}
	sent := slices.DeleteFunc(q.sent[address], func(t time.Time) bool { return now.Sub(t) >= period })
	q.sent[address] = sent
	if len(sent) == 0 {
		delete(q.sent, address)
	}
	if len(sent) < limit {
		return now
	}
	return sent[len(sent)-limit].Add(period)
}
