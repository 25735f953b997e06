package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"foster/storage"
	"foster/storage/catalog"
)

// hostPage answers /api/foster/v1/hosts/{host}: GET tells the host, DELETE removes it; and what is below it.
func (a *API) hostPage(rp *reply, rq *request, path []string) {
	h, found := a.find(path[0])
	switch {
	case !found:
		rp.fail(http.StatusNotFound, "There is no host "+escape(path[0])+".")
	case len(path) == 2 && path[1] == "connections" && rq.Method != http.MethodDelete:
		a.connections(rp, rq, h)
	case len(path) > 1:
		rp.fail(http.StatusNotFound, "There is nothing at this path of a host.")
	case rq.Method == http.MethodDelete:
		a.removeHost(rp, rq, h, path[0])
	case h == nil:
		rp.fail(http.StatusNotFound, "The parent itself is no host of its store.")
	default:
		a.host(&rp.encoder, h, a.catalog.Ambiguous(h), rq.now)
	}
}

// removeHost removes a host and all that is stored of it. With force=1 a connected one is disconnected first.
func (a *API) removeHost(rp *reply, rq *request, h *catalog.Host, name string) {
	switch {
	case h == nil:
		rp.fail(http.StatusBadRequest, "The parent itself cannot be removed.")
		return
	case a.catalog.Ambiguous(h) && h.Info().Hostname == name:
		rp.fail(http.StatusConflict, "More than one host is named "+escape(name)+": ask by machine GUID.")
		return
	}
	// What was begun is finished when the client goes away.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(rq.Context()), removeTimeout)
	defer cancel()
	err := a.opt.Remove(ctx, h, rq.params.number("force", 0) != 0)
	switch {
	case errors.Is(err, storage.ErrConnected):
		rp.fail(http.StatusConflict, "Host "+escape(h.Info().Hostname)+" is connected: stop its agent, or ask with force=1, which disconnects it.")
	case errors.Is(err, storage.ErrRemoved):
		rp.fail(http.StatusNotFound, "Host "+escape(h.Info().Hostname)+" has been removed already.")
	case err != nil:
		a.opt.Log.Error("a host could not be removed", "host", h.Info().Hostname, "machine_guid", h.GUID, "error", err)
		rp.fail(http.StatusInternalServerError, "The host could not be removed: "+escape(err.Error()))
	default:
		rp.open('{')
		rp.keyString("removed", h.GUID)
		rp.keyString("hostname", h.Info().Hostname)
		rp.close('}')
	}
}

// removeTimeout bounds the time it takes to disconnect and remove a host.
const removeTimeout = 10 * time.Second

// connections answers /api/foster/v1/hosts/{host}/connections: the newest connections of a host, the newest first.
func (a *API) connections(rp *reply, rq *request, h *catalog.Host) {
	var records []catalog.ConnectionRecord
	if h != nil {
		var err error
		if records, err = h.Connections(rq.Context()); err != nil {
			a.opt.Log.Error("the connections of a host cannot be read", "host", h.Info().Hostname, "machine_guid", h.GUID, "error", err)
			rp.fail(http.StatusInternalServerError, "The connections of the host cannot be read.")
			return
		}
	}
	rp.open('{')
	rp.keyNumber("now", unix(rq.now))
	rp.keyOpen("connections", '[')
	for i := range records {
		r := &records[i]
		rp.open('{')
		rp.keyNumber("since", unix(r.Since))
		if r.Until.IsZero() {
			rp.keyNull("until")
		} else {
			rp.keyNumber("until", unix(r.Until))
		}
		rp.keyString("reason", r.Reason)
		rp.keyString("address", r.Address)
		rp.keyBool("tls", r.TLS)
		rp.keyString("agent", r.Version)
		rp.keyString("compression", r.Compression)
		rp.key("capabilities")
		rp.strings(r.Caps.Names())
		rp.keyInt("samples", r.Samples)
		rp.keyInt("replayed", r.Replayed)
		rp.keyInt("dropped", r.Dropped)
		rp.keyInt("bytes_in", r.BytesIn)
		rp.close('}')
	}
	rp.close(']')
	rp.close('}')
}
