package api

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"

	"foster/health/silence"
)

// Health can be silenced by those who may manage the parent and, for manage/health, show the token in the file
// netdata.api.key, or, for what is foster's own, show the token or do not come from a page of another site.

// shownToken returns the token that a request shows, "" for none.
func shownToken(rq *request) string {
	if t := rq.Header.Get("X-Auth-Token"); t != "" {
		return t
	}
	scheme, t, _ := strings.Cut(rq.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(t)
	}
	return ""
}

// showsToken says whether a request shows the management token.
func (a *API) showsToken(rq *request) bool {
	want := a.opt.ManagementToken
	return want != "" && subtle.ConstantTimeCompare([]byte(shownToken(rq)), []byte(want)) == 1
}

// manageHealth answers /api/v1/manage/health: the commands of Netdata that silence alarms of all hosts.
func (a *API) manageHealth(rp *reply, rq *request) {
	switch {
	case !a.opt.MayManage(rq.Request) || !a.showsToken(rq):
		rp.fail(http.StatusForbidden, "Auth Error\n")
		return
	case a.opt.Silences == nil:
		rp.fail(http.StatusNotFound, noHealth)
		return
	}
	var list []silence.Parameter
	for _, p := range rq.params {
		list = append(list, silence.Parameter{Name: p.name, Value: p.value})
	}
	answer, isJSON, err := a.opt.Silences.Manage(list)
	var invalid *silence.InvalidError
	switch {
	case errors.As(err, &invalid):
		rp.fail(http.StatusBadRequest, "Wrong "+escape(invalid.Error()))
	case errors.Is(err, silence.ErrTooMany):
		rp.fail(http.StatusConflict, "There are too many selectors.")
	case err != nil:
		a.opt.Log.Error("health cannot be managed", "error", err)
		rp.fail(http.StatusInternalServerError, "The selectors cannot be kept.")
	default:
		rp.b = append(rp.b[:0], answer...)
		if !isJSON {
			rp.contentType = typeText
		}
	}
}

const noHealth = "Health monitoring is disabled on this parent."
