package silence

import (
	"time"
)

// Effect is what happens to the alerts that are selected.
type Effect string

// The effects, and the empty one of a file, which is None.
const (
	None    Effect = "None"
	Silence Effect = "SILENCE" // evaluated and logged, and not notified
	Disable Effect = "DISABLE" // not evaluated: their statuses stay
)

// Timed is a silence that ends by itself.
type Timed struct {
	ID       string    `json:"id"`
	Selector Selector  `json:"selector"` // not empty
	Effect   Effect    `json:"effect"`   // Silence or Disable
	Created  time.Time `json:"created"`
	Expires  time.Time `json:"expires"`
	Comment  string    `json:"comment"`
	Author   string    `json:"author"`
}

// maxAhead is how long a silence or a maintenance window may last.
const maxAhead = 366 * 24 * time.Hour

// validate checks what a user gave, and fills in defaults.
func (t *Timed) validate(now time.Time) error {
	if t.Effect == "" {
		t.Effect = Silence
	}
	if err := t.Selector.validate(); err != nil {
		return err
	}
	switch {
	case t.Selector == Selector{}:
		return &InvalidError{"selector", "it is empty: to select everything give hosts=*"}
	case t.Effect != Silence && t.Effect != Disable:
		return &InvalidError{"effect", "neither SILENCE nor DISABLE"}
	case !t.Expires.After(now):
		return &InvalidError{"expires", "not in the future"}
	case t.Expires.After(now.Add(maxAhead)):
		return &InvalidError{"expires", "more than a year ahead"}
	}
	if err := checkText("comment", t.Comment); err != nil {
		return err
	}
	return checkText("author", t.Author)
}
