package api

import (
	"net/http"
	"strings"

	"foster/storage/catalog"
)

// streamInfo answers /api/v3/stream_info?machine_guid=…: a child of netdata v2.2 or later asks it, to choose among
// parents. The child reads at most 8192 bytes, looks for a Content-Length and does not know encodings.
func (a *API) streamInfo(rp *reply, rq *request) {
	rp.plain = true
	guid := strings.ToLower(rq.params.get("machine_guid"))
	host := a.catalog.Host(guid)
	self := guid == a.opt.Self.GUID
	ready := a.opt.Ready()
	// While the hosts of earlier runs are not loaded nothing can be said of a child: it shall ask again.
	if host == nil && !self && ready {
		rp.status = http.StatusNotFound
	}
	hosts, receivers := a.catalog.Hosts(), 0
	for _, h := range hosts {
		if h.Connection() != nil {
			receivers++
		}
	}
	rp.open('{')
	rp.keyInt("version", 1)
	rp.keyInt("status", int64(rp.status))
	rp.keyString("host_id", a.opt.Self.GUID)
	rp.keyInt("nodes", int64(len(hosts)+1))
	rp.keyInt("receivers", int64(receivers))
	rp.keyInt("nonce", int64(a.nonce))
	if rp.status == http.StatusOK {
		var s ingest
		switch {
		case !ready:
			s = ingest{"initializing", "stale", "child", "initializing", 0, 0}
		case self:
			now := rq.now.Unix()
			s = ingest{"online", "live", "localhost", "online", now, now}
		default:
			if !a.loadRetention(rq.Context(), rp, rq) {
				return
			}
			s = a.ingestOf(host, rq)
		}
		rp.keyString("db_status", s.db)
		rp.keyString("db_liveness", s.liveness)
		rp.keyString("ingest_type", s.kind)
		rp.keyString("ingest_status", s.status)
		rp.keyInt("first_time_s", s.first)
		rp.keyInt("last_time_s", s.last)
	}
	rp.close('}')
}

// ingest is what this parent has of a child.
type ingest struct {
	db, liveness, kind, status string
	first, last                int64 // unix time of the oldest and newest sample
}

func (a *API) ingestOf(h *catalog.Host, rq *request) ingest {
	s := ingest{db: "online", liveness: "live", kind: "child", status: "online"}
	for _, ch := range h.Charts() {
		if first := ch.First(); first != 0 && (s.first == 0 || first < s.first) {
			s.first = first
		}
		s.last = max(s.last, ch.Last())
	}
	switch h.State(rq.now) {
	case catalog.Replicating:
		s.status = "replicating"
	case catalog.Stale:
		s.liveness = "stale"
		if h.Connection() == nil {
			s.status = "offline"
		}
	case catalog.Archived:
		s.liveness, s.kind, s.status = "stale", "archived", "archived"
	}
	return s
}
