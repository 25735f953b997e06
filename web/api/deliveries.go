package api

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"foster/health/notify"
)

// maxDeliveries is how many entries of the delivery log one answer has at most.
const maxDeliveries = 1000

// outcomes are those that can be asked for.
var outcomes = []string{
	string(notify.Sent), string(notify.Retried), string(notify.Held), string(notify.Failed),
	string(notify.Dropped), string(notify.Superseded), string(notify.Suppressed),
}

// deliveries answers /api/foster/v1/deliveries: what waits for each service, and what became of notifications,
// the newest first.
func (a *API) deliveries(rp *reply, rq *request) {
	f := notify.Filter{
		Host: rq.params.get("host"), Alert: rq.params.get("alert"), Service: rq.params.get("service"),
		Outcome: notify.Outcome(strings.ToLower(rq.params.get("outcome"))), Limit: 100,
	}
	if rq.host != nil {
		f.Host = rq.host.GUID
	}
	if f.Outcome != "" && !slices.Contains(outcomes, string(f.Outcome)) {
		rp.failJSON(http.StatusBadRequest, "outcome", "outcome is none of "+strings.Join(outcomes, ", ")+".")
		return
	}
	for _, number := range []struct {
		name string
		set  func(n uint64)
	}{
		{"before_id", func(n uint64) { f.Before = n }},
		{"transition_gi", func(n uint64) { f.GlobalID = int64(n) }},
		{"limit", func(n uint64) { f.Limit = int(min(max(n, 1), maxDeliveries)) }},
	} {
		text := rq.params.get(number.name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseUint(text, 10, 63)
		if err != nil {
			rp.failJSON(http.StatusBadRequest, number.name, number.name+" is not a number.")
			return
		}
		number.set(n)
	}
	found := a.opt.Deliveries(f)
	rp.open('{')
	rp.keyNumber("now", unix(rq.now))
	rp.keyOpen("pending", '{')
	pending := a.opt.Pending()
	for _, name := range slices.Sorted(maps.Keys(pending)) {
		rp.keyInt(name, int64(pending[name]))
	}
	rp.close('}')
	rp.keyOpen("deliveries", '[')
	for i := range found {
		d := &found[i]
		rp.open('{')
		rp.keyInt("id", int64(d.ID))
		rp.keyNumber("at", float64(d.At.UnixMilli())/1000)
		rp.keyString("outcome", string(d.Outcome))
		rp.keyOptional("reason", d.Reason)
		rp.keyOptional("service", d.Service)
		rp.keyOptional("address", d.Address)
		rp.keyOptional("role", d.Role)
		rp.keyInt("attempt", int64(d.Attempt))
		rp.keyInt("alerts_in_message", int64(d.Together))
		rp.keyInt("transition_gi", d.GlobalID)
		rp.keyString("host", d.Hostname)
		rp.keyString("machine_guid", d.GUID)
		rp.keyString("alert", d.Alert)
		rp.keyString("chart", d.Chart)
		rp.keyString("status", d.Status.String())
		rp.close('}')
	}
	rp.close(']')
	rp.key("next_before_id")
	if len(found) == f.Limit && f.Limit > 0 {
		rp.int(int64(found[len(found)-1].ID))
	} else {
		rp.null()
	}
	rp.close('}')
}
