package notify

import (
	"encoding/json"
	"math"
	"time"

	"foster/health/alert"
)

// record is a line of the journal: a change of the state of the hub. Exactly one of the pointers is set.
type record struct {
	In    *recordIn    `json:"in,omitempty"`
	Try   *recordTry   `json:"try,omitempty"`
	End   *recordEnd   `json:"end,omitempty"`
	Log   *Delivery    `json:"log,omitempty"`
	Alert *recordAlert `json:"alert,omitempty"` // this and Rate only in what a compaction writes
	Rate  *recordRate  `json:"rate,omitempty"`
}

// recordIn is a transition and who is to be told of it.
type recordIn struct {
	Transition transition   `json:"t"`
	Items      []recordItem `json:"items,omitempty"`
	Done       bool         `json:"done,omitempty"` // the engine knows the outcome: it was observed only
}

// recordItem is one recipient of a transition.
type recordItem struct {
	ID       uint64    `json:"id"`
	Service  string    `json:"s"`
	Address  string    `json:"a,omitempty"`
	Role     string    `json:"r,omitempty"`
	Critical bool      `json:"c,omitempty"`
	Queued   time.Time `json:"q"`
	Due      time.Time `json:"due"`
	Attempts int       `json:"n,omitempty"`
}

// recordTry is an attempt that failed and will be repeated.
type recordTry struct {
	Items   []uint64  `json:"items"`
	Attempt int       `json:"n"`
	Due     time.Time `json:"due"`
}

// recordEnd is the end of items.
type recordEnd struct {
	Items    []uint64  `json:"items"`
	At       time.Time `json:"at"`
	Outcome  Outcome   `json:"o"`
	Reason   string    `json:"reason,omitempty"`
	Attempt  int       `json:"n,omitempty"`
	Together int       `json:"together,omitempty"`
	Code     int       `json:"code,omitempty"`
}

// recordAlert is what is known of an alert.
type recordAlert struct {
	Last     transition `json:"t"`
	Critical bool       `json:"c,omitempty"`
	Observed bool       `json:"o,omitempty"`
	Told     []told     `json:"told,omitempty"`
}

// recordRate is when messages went to a recipient.
type recordRate struct {
	Service string      `json:"s"`
	Address string      `json:"a"`
	Sent    []time.Time `json:"sent"`
}

type told struct {
	Service string       `json:"s"`
	Address string       `json:"a,omitempty"`
	Status  alert.Status `json:"st"`
}

// transition is written with null for values that are no numbers, which JSON lacks.
type transition alert.Transition

type plain alert.Transition // without methods

type written struct {
	*plain
	OldValue, NewValue *float64
}

func (t transition) MarshalJSON() ([]byte, error) {
	w := written{plain: (*plain)(&t)}
	if !math.IsNaN(t.OldValue) && !math.IsInf(t.OldValue, 0) {
		w.OldValue = &t.OldValue
	}
	if !math.IsNaN(t.NewValue) && !math.IsInf(t.NewValue, 0) {
		w.NewValue = &t.NewValue
	}
	return json.Marshal(w)
}

func (t *transition) UnmarshalJSON(text []byte) error {
	w := written{plain: (*plain)(t)}
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	t.OldValue, t.NewValue = math.NaN(), math.NaN()
	if w.OldValue != nil {
		t.OldValue = *w.OldValue
	}
	if w.NewValue != nil {
		t.NewValue = *w.NewValue
	}
	return nil
}
