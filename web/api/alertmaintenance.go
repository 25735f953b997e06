package api

import (
	"net/http"
	"time"

	"foster/health/silence"
)

// maintenance answers /api/foster/v1/maintenance: GET lists the maintenance windows, of one host below its prefix; POST adds
// one.
func (a *API) maintenance(rp *reply, rq *request) {
	if rq.Method == http.MethodPost {
		a.addWindow(rp, rq)
		return
	}
	rp.open('{')
	rp.keyNumber("now", unix(rq.now))
	rp.keyOpen("maintenance", '[')
	if a.opt.Silences != nil {
		for _, w := range a.opt.Silences.Windows() {
			if rq.host == nil || w.Concerns(rq.host.Info().Hostname, rq.host.GUID) {
				rp.window(&w, rq.now)
			}
		}
	}
	rp.close(']')
	rp.close('}')
}

// windowBody is what is posted: exactly one of end and duration.
type windowBody struct {
	Hosts    string   `json:"hosts"`
	Start    *float64 `json:"start"` // unix seconds; now when it is not given
	End      *float64 `json:"end"`   // unix seconds
	Duration *float64 `json:"duration"`
	Weekly   bool     `json:"weekly"`
	Zone     string   `json:"zone"`
	Until    *float64 `json:"until"` // unix seconds
	Comment  string   `json:"comment"`
	Author   string   `json:"author"`
}

func (a *API) addWindow(rp *reply, rq *request) {
	if !a.mayChange(rp, rq) {
		return
	}
	var body windowBody
	if !rp.readBody(rq, &body) {
		return
	}
	if rq.host != nil {
		if body.Hosts != "" {
			rp.failJSON(http.StatusBadRequest, "hosts", "The host is in the path already.")
			return
		}
		body.Hosts = rq.host.GUID
	}
	w := silence.Window{Hosts: body.Hosts, Weekly: body.Weekly, Zone: body.Zone, Comment: body.Comment, Author: body.Author}
	ok := true
	if w.Start = rq.now.UTC().Truncate(time.Second); body.Start != nil {
		w.Start, ok = instant(*body.Start)
	}
	if !ok {
		rp.failJSON(http.StatusBadRequest, "start", "start is not a time in unix seconds.")
		return
	}
	if w.End, ok = end(body.End, body.Duration, w.Start); !ok {
		rp.failJSON(http.StatusBadRequest, "end", "Exactly one of end, in unix seconds, and duration, in seconds, must be given.")
		return
	}
	if body.Until != nil {
		if w.Until, ok = instant(*body.Until); !ok {
			rp.failJSON(http.StatusBadRequest, "until", "until is not a time in unix seconds.")
			return
		}
	}
	added, err := a.opt.Silences.AddWindow(w)
	if err != nil {
		a.failChange(rp, err)
		return
	}
	rp.status = http.StatusCreated
	rp.window(&added, rq.now)
}

func (e *encoder) window(w *silence.Window, now time.Time) {
	e.open('{')
	e.keyString("id", w.ID)
	e.keyString("hosts", w.Hosts)
	e.keyNumber("start", unix(w.Start))
	e.keyNumber("end", unix(w.End))
	e.keyBool("weekly", w.Weekly)
	e.keyOptional("zone", w.Zone)
	if w.Until.IsZero() {
		e.keyNull("until")
	} else {
		e.keyNumber("until", unix(w.Until))
	}
	start, end, ok := w.At(now)
	e.keyBool("active", ok && !now.Before(start))
	if ok {
		e.keyNumber("next_start", unix(start))
		e.keyNumber("next_end", unix(end))
	} else {
		e.keyNull("next_start")
		e.keyNull("next_end")
	}
	e.keyNumber("created", unix(w.Created))
	e.keyString("comment", w.Comment)
	e.keyString("author", w.Author)
	e.close('}')
}

// oneWindow answers /api/foster/v1/maintenance/{id}: GET tells it, DELETE removes it.
func (a *API) oneWindow(rp *reply, rq *request, path []string) {
	switch {
	case len(path) > 1:
		rp.failJSON(http.StatusNotFound, "", "There is nothing at this path of a maintenance window.")
	case rq.Method == http.MethodDelete:
		if a.mayChange(rp, rq) {
			a.removed(rp, path[0], a.opt.Silences.RemoveWindow(path[0]))
		}
	default:
		if a.opt.Silences != nil {
			for _, w := range a.opt.Silences.Windows() {
				if w.ID == path[0] {
					rp.window(&w, rq.now)
					return
				}
			}
		}
		rp.failJSON(http.StatusNotFound, "", "There is no maintenance window with that id.")
	}
}
