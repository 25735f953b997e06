package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"foster/health"
	"foster/storage/catalog"
)

// charts answers /api/v1/charts: all visible charts of a host.
func (a *API) charts(rp *reply, rq *request) {
	if !a.loadRetention(rq.Context(), rp, rq) {
		return
	}
	id, hosts := a.identify(rq.host), a.catalog.Hosts()
	rp.open('{')
	rp.keyString("hostname", id.hostname)
	rp.keyString("version", id.version)
	rp.keyString("release_channel", releaseChannel(id.version))
	rp.keyString("os", id.os)
	rp.keyString("timezone", id.timezone)
	rp.keyInt("update_every", id.updateEvery)
	rp.keyInt("history", 0)
	rp.keyString("memory_mode", id.memoryMode)
	rp.keyString("custom_info", "")
	rp.keyOpen("charts", '{')
	charts, dimensions, alarmCount := 0, 0, 0
	alarms := a.chartAlarms(a.healthGUID(rq))
	for _, ch := range id.charts {
		if ch.Visible() {
			rp.key(ch.ID)
			list := alarms[ch.ID]
			dimensions += rp.chart(ch, list)
			alarmCount += len(list)
			charts++
		}
	}
	rp.close('}')
	rp.keyInt("charts_count", int64(charts))
	rp.keyInt("dimensions_count", int64(dimensions))
	rp.keyInt("alarms_count", int64(alarmCount))
	rp.keyInt("rrd_memory_bytes", 0)
	rp.keyInt("hosts_count", int64(len(hosts)+1))
	rp.keyOpen("hosts", '[')
	rp.open('{')
	rp.keyString("hostname", a.opt.Self.Hostname)
	rp.close('}')
	for _, h := range hosts {
		rp.open('{')
		rp.keyString("hostname", h.Info().Hostname)
		rp.close('}')
	}
	rp.close(']')
	rp.close('}')
}

// chart answers /api/v1/chart: one chart.
func (a *API) chart(rp *reply, rq *request) {
	id := rq.params.get("chart")
	if id == "" {
		rp.fail(http.StatusBadRequest, "No chart id is given at the request.")
		return
	}
	var ch *catalog.Chart
	if rq.host != nil {
		ch = rq.host.Chart(id)
	}
	if ch == nil {
		rp.fail(http.StatusNotFound, "Chart is not found: "+escape(id))
		return
	}
	if a.loadRetention(rq.Context(), rp, rq) {
		rp.chart(ch, a.chartAlarms(a.healthGUID(rq))[ch.ID])
	}
}

// loadRetention makes the stored times of the charts of the host known. It is false when that failed, with the answer set.
func (a *API) loadRetention(ctx context.Context, rp *reply, rq *request) bool {
	if rq.host == nil {
		return true
	}
	if err := a.retention(ctx, rq.host); err != nil {
		a.failQuery(rp, rq, "load retention", err)
		return false
	}
	return true
}

func (a *API) retention(ctx context.Context, h *catalog.Host) error {
	if h.RetentionKnown() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, a.opt.QueryTimeout)
	defer cancel()
	return a.source.LoadRetention(ctx, h)
}

// chart writes a chart and returns how many of its dimensions are visible.
func (rp *reply) chart(ch *catalog.Chart, alarms []health.Snapshot) (dimensions int) {
	def, name := ch.Def(), ch.Name()
	first, last, every := ch.First(), ch.Last(), ch.UpdateEvery()
	typ, _, _ := strings.Cut(ch.ID, ".")
	duration := int64(0)
	if last > 0 {
		duration = last - first + every
	}
	rp.open('{')
	// Below, names are written with what is around them: a host has hundreds of charts.
	b := appendText(rp.b, `"id":"`, ch.ID)
	b = appendText(b, `,"name":"`, name)
	b = appendText(b, `,"type":"`, typ)
	b = appendText(b, `,"family":"`, def.Family)
	b = appendText(b, `,"context":"`, def.Context)
	b = appendEscaped(append(b, `,"title":"`...), def.Title)
	b = append(appendEscaped(append(b, " ("...), name), `)"`...)
	b = appendInt(append(b, `,"priority":`...), int64(def.Priority))
	b = appendText(b, `,"plugin":"`, def.Plugin)
	b = appendText(b, `,"module":"`, def.Module)
	b = appendText(b, `,"units":"`, def.Units)
	b = appendText(b, `,"data_url":"/api/v1/data?chart=`, name)
	b = appendText(b, `,"chart_type":"`, def.Type)
	b = appendInt(append(b, `,"duration":`...), duration)
	b = appendInt(append(b, `,"first_entry":`...), first)
	b = appendInt(append(b, `,"last_entry":`...), last)
	b = appendInt(append(b, `,"update_every":`...), every)
	b = append(b, `,"dimensions":{`...)
	for _, d := range ch.Dimensions() {
		def := d.Def()
		if def.Hidden || def.Obsolete {
			continue
		}
		if dimensions > 0 {
			b = append(b, ',')
		}
		dimensions++
		b = appendText(b, `"`, d.ID)
		b = append(appendText(b, `:{"name":"`, def.Name), '}')
	}
	rp.b = append(b, '}')
	rp.keyOpen("chart_variables", '{')
	if variables := ch.Variables(); len(variables) > 0 {
		for _, v := range slices.Sorted(maps.Keys(variables)) {
			rp.keyNumber(v, variables[v])
		}
	}
	rp.close('}')
	rp.keyNull("green")
	rp.keyNull("red")
	rp.alarmsOfChart(alarms)
	rp.keyOpen("chart_labels", '{')
	for name, value := range chartLabels(ch) {
		rp.keyString(name, value)
	}
	rp.close('}')
	rp.key("functions")
	rp.functionList(ch.Functions())
	rp.close('}')
	return dimensions
}

// appendText appends what is before a string, its first quote included, and the string.
func appendText(b []byte, before, s string) []byte {
	return append(appendEscaped(append(b, before...), s), '"')
}

// chartLabels yields the labels of a chart, ordered by name. A parent adds the collector as two labels when the child did
// not send them.
func chartLabels(ch *catalog.Chart) func(yield func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		def, labels := ch.Def(), ch.Labels()
		for _, own := range [...]struct{ name, value string }{{"_collect_plugin", def.Plugin}, {"_collect_module", def.Module}} {
			sent := false
			for i := range labels {
				sent = sent || labels[i].Name == own.name
			}
			if !sent && own.value != "" && !yield(own.name, own.value) {
				return
			}
		}
		for i := range labels {
			if !yield(labels[i].Name, labelText(labels[i].Value)) {
				return
			}
		}
	}
}

// labelText returns a label's value as a parent shows it: what could end a string is _ (netdata v2.11.0).
func labelText(s string) string {
	unsafe := func(c byte) bool { return c < ' ' || c == 0x7f || c == '\'' || c == '"' || c == '\\' || c == '`' }
	for i := range len(s) {
		if unsafe(s[i]) {
			b := []byte(s)
			for ; i < len(b); i++ {
				if unsafe(b[i]) {
					b[i] = '_'
				}
			}
			return string(b)
		}
	}
	return s
}
