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

// deliveries answers /api/foster/v1/deliveries: what waits for each service, and what became of notifications,
// the newest first.
func (a *API) deliveries(rp *reply, rq *request) {
	f := notify.Filter{
		Host: rq.params.get("host"), Alert: rq.params.get("alert"), Service: rq.params.get("service"),
		Outcome:  notify.Outcome(strings.ToLower(rq.params.get("outcome"))),
		GlobalID: rq.params.number("transition_gi", 0),
		Limit:    int(min(max(rq.params.number("limit", 100), 1), maxDeliveries)),
	}
	if rq.host != nil {
		f.Host = rq.host.GUID
	}
	if before := rq.params.get("before_id"); before != "" {
		id, err := strconv.ParseUint(before, 10, 64)
		if err != nil {
			rp.fail(http.StatusBadRequest, "before_id is not a number.")
			return
		}
		f.Before = id
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
