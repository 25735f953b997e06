package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"time"

	"foster/health/silence"
	"foster/web/dashboards"
)

// maxBody bounds the bodies of requests, in bytes: dashboards are the longest.
const maxBody = dashboards.MaxBody

// failJSON makes the answer an error as JSON; field is what is wrong in the body, if that is it.
func (rp *reply) failJSON(status int, field, message string) {
	rp.fail(status, "")
	rp.contentType = typeJSON
	rp.open('{')
	rp.keyInt("status", int64(status))
	rp.keyString("errorMessage", message)
	if field != "" {
		rp.keyString("field", field)
	}
	rp.close('}')
}

// mayChange says whether a request may change what silences alerts; else the answer is set.
func (a *API) mayChange(rp *reply, rq *request) bool {
	if a.opt.Silences == nil {
		rp.failJSON(http.StatusNotFound, "", noHealth)
		return false
	}
	return a.mayManage(rp, rq)
}

// mayManage says whether a request may change what operators have set; else the answer is set.
func (a *API) mayManage(rp *reply, rq *request) bool {
	field, reason := a.refused(rq)
	if reason != "" {
		rp.failJSON(http.StatusForbidden, field, reason)
	}
	return reason == ""
}

// refused returns why a request may not change what operators have set, "" when it may; field is "token" when the management
// token would help.
func (a *API) refused(rq *request) (field, reason string) {
	shown := shownToken(rq) != ""
	switch {
	case !a.opt.MayManage(rq.Request):
		return "", "You may not manage this parent: see [web] allow management from."
	case shown && !a.showsToken(rq):
		return "token", "The management token is wrong."
	case !shown && http.NewCrossOriginProtection().Check(rq.Request) != nil:
		return "token", "Pages of other sites may not do this without the management token."
	}
	return "", ""
}

// body reads the body of a request; when it cannot, the answer is set.
func (rp *reply) body(rq *request) ([]byte, bool) {
	body, err := io.ReadAll(io.LimitReader(rq.Body, maxBody+1))
	switch {
	case err != nil:
		rp.failJSON(http.StatusBadRequest, "", "The body cannot be read.")
		return nil, false
	case len(body) > maxBody:
		rp.failJSON(http.StatusRequestEntityTooLarge, "", fmt.Sprintf("The body is longer than %d bytes.", maxBody))
		return nil, false
	}
	return body, true
}

// readBody reads the JSON object of a request into v; when it cannot, the answer is set.
func (rp *reply) readBody(rq *request, v any) bool {
	body, ok := rp.body(rq)
	if !ok {
		return false
	}
	if err := silence.Unmarshal(body, v); err != nil {
		field := ""
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			field = wrong.Field
		}
		rp.failJSON(http.StatusBadRequest, field, "The body is not the JSON object that is expected: "+err.Error())
		return false
	}
	return true
}

// failChange makes the answer the error of a change of the silences.
func (a *API) failChange(rp *reply, err error) {
	var invalid *silence.InvalidError
	switch {
	case errors.As(err, &invalid):
		rp.failJSON(http.StatusBadRequest, invalid.Field, "Wrong "+invalid.Error())
	case errors.Is(err, silence.ErrNotFound):
		rp.failJSON(http.StatusNotFound, "", "There is none with that id.")
	case errors.Is(err, silence.ErrTooMany):
		rp.failJSON(http.StatusConflict, "", err.Error())
	default:
		a.opt.Log.Error("what silences alerts cannot be changed", "error", err)
		rp.failJSON(http.StatusInternalServerError, "", "The change cannot be kept.")
	}
}

// silences answers /api/foster/v1/silences: GET lists what silences alerts, of one host below its prefix; POST adds a
// silence.
func (a *API) silences(rp *reply, rq *request) {
	if rq.Method == http.MethodPost {
		a.addSilence(rp, rq)
		return
	}
	rp.open('{')
	rp.keyNumber("now", unix(rq.now))
	rp.keyOpen("silences", '[')
	if a.opt.Silences != nil {
		for _, t := range a.opt.Silences.Silences() {
			if rq.host == nil || t.Selector.Concerns(rq.host.Info().Hostname, rq.host.GUID) {
				rp.silence(&t)
			}
		}
	}
	rp.close(']')
	rp.key("management")
	if a.opt.Silences != nil {
		rp.raw(a.opt.Silences.Commands())
	} else {
		rp.null()
	}
	rp.close('}')
}

// silenceBody is what is posted: exactly one of expires and duration.
type silenceBody struct {
	Selector silence.Selector `json:"selector"`
	Effect   silence.Effect   `json:"effect"`
	Expires  *float64         `json:"expires"`  // unix seconds
	Duration *float64         `json:"duration"` // seconds
	Comment  string           `json:"comment"`
	Author   string           `json:"author"`
}

func (a *API) addSilence(rp *reply, rq *request) {
	if !a.mayChange(rp, rq) {
		return
	}
	var body silenceBody
	if !rp.readBody(rq, &body) {
		return
	}
	if rq.host != nil {
		if body.Selector.Hosts != "" {
			rp.failJSON(http.StatusBadRequest, "hosts", "The host is in the path already.")
			return
		}
		body.Selector.Hosts = rq.host.GUID
	}
	expires, ok := end(body.Expires, body.Duration, rq.now)
	if !ok {
		rp.failJSON(http.StatusBadRequest, "expires", "Exactly one of expires, in unix seconds, and duration, in seconds, must be given.")
		return
	}
	added, err := a.opt.Silences.Add(silence.Timed{
		Selector: body.Selector, Effect: body.Effect, Expires: expires, Comment: body.Comment, Author: body.Author,
	})
	if err != nil {
		a.failChange(rp, err)
		return
	}
	rp.status = http.StatusCreated
	rp.silence(&added)
}

// end returns when something ends of which the end or the duration was given. It is false unless one of them was, and is a
// number of seconds.
func end(at, duration *float64, start time.Time) (time.Time, bool) {
	switch {
	case (at == nil) == (duration == nil):
		return time.Time{}, false
	case at != nil:
		return instant(*at)
	}
	if !(math.Abs(*duration) < maxInt) {
		return time.Time{}, false
	}
	return instant(unix(start) + *duration)
}

// instant returns the time of a number of unix seconds.
func instant(t float64) (time.Time, bool) {
	if !(math.Abs(t) < 1<<37) { // the year 6325
		return time.Time{}, false
	}
	return time.Unix(int64(t), 0).UTC(), true
}

func (e *encoder) silence(t *silence.Timed) {
	e.open('{')
	e.keyString("id", t.ID)
	e.keyOpen("selector", '{')
	for _, f := range []struct{ key, value string }{
		{"alarm", t.Selector.Alarm}, {"chart", t.Selector.Chart}, {"context", t.Selector.Context}, {"hosts", t.Selector.Hosts},
		{"families", t.Selector.Families},
	} {
		if f.value != "" {
			e.keyString(f.key, f.value)
		}
	}
	e.close('}')
	e.keyString("effect", string(t.Effect))
	e.keyNumber("created", unix(t.Created))
	e.keyNumber("expires", unix(t.Expires))
	e.keyString("comment", t.Comment)
	e.keyString("author", t.Author)
	e.close('}')
}

// oneSilence answers /api/foster/v1/silences/{id}: GET tells it, DELETE removes it.
func (a *API) oneSilence(rp *reply, rq *request, path []string) {
	switch {
	case len(path) > 1:
		rp.failJSON(http.StatusNotFound, "", "There is nothing at this path of a silence.")
	case rq.Method == http.MethodDelete:
		if a.mayChange(rp, rq) {
			a.removed(rp, path[0], a.opt.Silences.Remove(path[0]))
		}
	default:
		if a.opt.Silences != nil {
			for _, t := range a.opt.Silences.Silences() {
				if t.ID == path[0] {
					rp.silence(&t)
					return
				}
			}
		}
		rp.failJSON(http.StatusNotFound, "", "There is no silence with that id.")
	}
}

// removed answers that something was removed, or why it was not.
func (a *API) removed(rp *reply, id string, err error) {
	if err != nil {
		a.failChange(rp, err)
		return
	}
	rp.open('{')
	rp.keyString("removed", id)
	rp.close('}')
}
