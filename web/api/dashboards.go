package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"foster/storage/catalog"
	"foster/web/dashboards"
)

// dashboardList answers /api/foster/v1/dashboards: GET lists the dashboards, of a host below its prefix those that show it;
// POST keeps a new one, or one that was exported.
func (a *API) dashboardList(rp *reply, rq *request) {
	if rq.Method == http.MethodPost {
		a.createDashboard(rp, rq)
		return
	}
	rp.open('{')
	rp.keyNumber("now", unix(rq.now))
	rp.key("refused") // why the client may not change them
	if _, reason := a.refused(rq); reason != "" {
		rp.string(reason)
	} else {
		rp.null()
	}
	rp.keyOpen("dashboards", '[')
	if a.opt.Dashboards != nil {
		for _, d := range a.opt.Dashboards.List() {
			if rq.host != nil && !shows(&d, rq.host) {
				continue
			}
			rp.open('{')
			rp.keyString("id", d.ID)
			rp.keyInt("version", d.Version)
			rp.keyString("name", d.Name)
			rp.keyString("description", d.Description)
			rp.keyInt("panels", int64(len(d.Panels)))
			rp.keyInt("hosts", int64(d.Hosts()))
			rp.keyInt("created", d.Created)
			rp.keyInt("changed", d.Changed)
			rp.close('}')
		}
	}
	rp.close(']')
	rp.close('}')
}

// shows says whether a dashboard has a chart of a host.
func shows(d *dashboards.Dashboard, h *catalog.Host) bool {
	return slices.ContainsFunc(d.Panels, func(p dashboards.Panel) bool {
		return strings.EqualFold(p.Host, h.GUID) || p.Host == h.Info().Hostname
	})
}

// mayChangeDashboards says whether a request may change dashboards, by the rule that holds for silences; else the answer is
// set.
func (a *API) mayChangeDashboards(rp *reply, rq *request) bool {
	if a.opt.Dashboards == nil {
		rp.failJSON(http.StatusNotFound, "", "No dashboards are kept.")
		return false
	}
	return a.mayManage(rp, rq)
}

// readDashboard reads the dashboard in the body of a request; when it cannot, the answer is set.
func (rp *reply) readDashboard(rq *request) (dashboards.Dashboard, bool) {
	body, ok := rp.body(rq)
	if !ok {
		return dashboards.Dashboard{}, false
	}
	d, err := dashboards.Parse(body)
	if err != nil {
		field, message := "", "The body is wrong: "+err.Error()
		if invalid, ok := errors.AsType[*dashboards.InvalidError](err); ok {
			field = invalid.Field
		}
		rp.failJSON(http.StatusBadRequest, field, message)
		return dashboards.Dashboard{}, false
	}
	return d, true
}

func (a *API) createDashboard(rp *reply, rq *request) {
	if !a.mayChangeDashboards(rp, rq) {
		return
	}
	body, ok := rp.readDashboard(rq)
	if !ok {
		return
	}
	d, err := a.opt.Dashboards.Create(body.Content)
	if err != nil {
		a.failDashboard(rp, err)
		return
	}
	rp.status = http.StatusCreated
	a.dashboard(rp, &d)
}

// oneDashboard answers /api/foster/v1/dashboards/{id}: GET tells it, PUT changes it, DELETE removes it; and below it export,
// the file that can be imported.
func (a *API) oneDashboard(rp *reply, rq *request, path []string) {
	export := len(path) == 2 && path[1] == "export"
	reads := rq.Method == http.MethodGet || rq.Method == http.MethodHead
	switch {
	case len(path) > 1 && !export:
		rp.failJSON(http.StatusNotFound, "", "There is nothing at this path of a dashboard.")
		return
	case !reads && (export || rq.Method == http.MethodPost):
		rp.failJSON(http.StatusMethodNotAllowed, "", "A dashboard is changed with PUT and removed with DELETE.")
		return
	case !reads && !a.mayChangeDashboards(rp, rq):
		return
	case rq.Method == http.MethodPut:
		a.changeDashboard(rp, rq, path[0])
		return
	case rq.Method == http.MethodDelete:
		if err := a.opt.Dashboards.Delete(path[0]); err != nil {
			a.failDashboard(rp, err)
			return
		}
		rp.open('{')
		rp.keyString("removed", path[0])
		rp.close('}')
		return
	}
	var d dashboards.Dashboard
	found := false
	if a.opt.Dashboards != nil {
		d, found = a.opt.Dashboards.Get(path[0])
	}
	switch {
	case !found:
		a.failDashboard(rp, dashboards.ErrNotFound)
	case export:
		data, err := d.Export()
		if err != nil {
			a.failDashboard(rp, err)
			return
		}
		rp.raw(data)
		rp.filename = fileName(d.Name) + ".dashboard.json"
	default:
		a.dashboard(rp, &d)
	}
}

// changeDashboard puts what the body says in the place of the dashboard that its version says.
func (a *API) changeDashboard(rp *reply, rq *request, id string) {
	body, ok := rp.readDashboard(rq)
	switch {
	case !ok:
		return
	case body.ID != "" && body.ID != id:
		rp.failJSON(http.StatusBadRequest, "id", "The body has the id of another dashboard.")
		return
	case body.Version < 1:
		rp.failJSON(http.StatusBadRequest, "version", "The version that the change was made to is missing.")
		return
	}
	d, err := a.opt.Dashboards.Update(id, body.Version, body.Content)
	switch {
	case errors.Is(err, dashboards.ErrConflict):
		rp.failJSON(http.StatusConflict, "version", fmt.Sprintf("The dashboard has version %d and not %d: somebody changed it meanwhile.", d.Version, body.Version))
	case err != nil:
		a.failDashboard(rp, err)
	default:
		a.dashboard(rp, &d)
	}
}

// dashboard writes a dashboard.
func (a *API) dashboard(rp *reply, d *dashboards.Dashboard) {
	b, err := json.Marshal(d)
	if err != nil {
		a.failDashboard(rp, err)
		return
	}
	rp.raw(b)
}

// failDashboard makes the answer the error of a dashboard.
func (a *API) failDashboard(rp *reply, err error) {
	switch {
	case errors.Is(err, dashboards.ErrNotFound):
		rp.failJSON(http.StatusNotFound, "", "There is no dashboard with that id.")
	case errors.Is(err, dashboards.ErrTooMany):
		rp.failJSON(http.StatusConflict, "", "There are too many dashboards already.")
	default:
		a.opt.Log.Error("a dashboard cannot be kept", "error", err)
		rp.failJSON(http.StatusInternalServerError, "", "The change cannot be kept.")
	}
}
