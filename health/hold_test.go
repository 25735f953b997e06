package health

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"foster/health/conf"
)

// TestHoldExample has the numbers of the reference.
func TestHoldExample(t *testing.T) {
	d := &conf.Delay{Up: 3 * time.Second, Down: 6 * time.Second, Multiplier: 1.5, Max: 20 * time.Second}
	var h hold
	f := func(now int64, worse bool, delay, until int64) {
		t.Helper()
		if got := h.change(now, worse, d); got != delay || h.until != until {
			t.Errorf("change at %d: delay %d until %d, want %d until %d", now, got, h.until, delay, until)
		}
	}
	f(24, true, 3, 27)
	f(26, true, 4, 30)
	f(28, false, 13, 41)
	f(41, true, 9, 50)    // the last second of a hold belongs to it: 3, 4, 6, 9
	f(45, false, 20, 65)  // 6, 9, 13, 19, 28: not above the most
	f(100, true, 3, 103)  // over: anew
	f(200, false, 6, 206) //
}

// TestHoldProperties holds, whatever the definition and the changes: a change after a hold waits for what the definition
// says; within a hold a delay never shrinks when the multiplier is at least one, and never exceeds the most; and the hold
// ends when the delay of the last change is over.
func TestHoldProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		d := &conf.Delay{
			Up: time.Duration(r.IntN(100)) * time.Second, Down: time.Duration(r.IntN(100)) * time.Second,
			Multiplier: []float64{0.5, 1, 1.5, 2, 10, 1e6}[r.IntN(6)],
		}
		if longer := max(d.Up, d.Down); r.IntN(2) == 0 {
			d.Max = longer + time.Duration(r.IntN(1000))*time.Second
		}
		var h hold
		now := int64(1000)
		flaps := 0 // changes within the hold
		for range 30 {
			before := h
			worse := r.IntN(2) == 0
			delay := h.change(now, worse, d)
			if flaps++; now > before.until {
				flaps = 0
			}
			if want := delayAfter(flaps, worse, d); delay != want {
				t.Fatalf("change %d within a hold of %+v waits for %d, want %d", flaps, d, delay, want)
			}
			up, down := seconds(d.Up), seconds(d.Down)
			switch {
			case h.until != now+delay:
				t.Fatalf("hold until %d after a delay of %d at %d", h.until, delay, now)
			case now > before.until && (h.up != up || h.down != down):
				t.Fatalf("after a hold the delays are %d and %d, want %d and %d", h.up, h.down, up, down)
			case now <= before.until && d.Multiplier >= 1 && (h.up < before.up || h.down < before.down) && d.Max == 0:
				t.Fatalf("delays shrink within a hold: %+v, %+v, %+v", before, h, d)
			case d.Max > 0 && max(h.up, h.down) > seconds(d.Max):
				t.Fatalf("delays %d and %d are above %v", h.up, h.down, d.Max)
			case delay < 0 || delay > longest:
				t.Fatalf("delay %d", delay)
			}
			// As far as it can be told from one delay, a restart goes on with both.
			if grows := min(d.Up, d.Down) > time.Second && d.Multiplier >= 1.5 && delay < longest && (d.Max == 0 || delay < seconds(d.Max)); grows {
				if restored := restoreHold(delay, h.until, worse, d); restored != h {
					t.Fatalf("restored %+v of %+v", restored, h)
				}
			}
			if restored := restoreHold(delay, h.until, worse, d); restored.until != h.until || worse && d.Up > 0 && restored.up != delay && d.Multiplier >= 1.5 {
				t.Fatalf("restored %+v of %+v", restored, h)
			}
			now += int64(r.IntN(150))
		}
	}
}

// delayAfter computes anew how long the notification of a change waits that is preceded by so many others within the hold: the
// delay of its direction, multiplied for each of them, in whole seconds and not above the most.
func delayAfter(flaps int, worse bool, d *conf.Delay) int64 {
	delay := d.Down.Seconds()
	if worse {
		delay = d.Up.Seconds()
	}
	for range flaps {
		delay = math.Floor(min(delay*d.Multiplier, longest))
		if d.Max > 0 {
			delay = min(delay, d.Max.Seconds())
		}
	}
	return int64(delay)
}
