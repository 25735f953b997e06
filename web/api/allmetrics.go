package api

import (
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"

	"foster/internal/pattern"
	"foster/storage/catalog"
)

// allMetrics answers /api/v1/allmetrics: the newest values of all charts, for other programs.
func (a *API) allMetrics(rp *reply, rq *request) {
	filter := chartFilter{pattern.Parse(rq.params.get("filter"), pattern.Blanks)}
	switch format := rq.params.get("format"); format {
	case "", "shell":
		a.used.shell.Add(1)
		rp.contentType = typeText
		a.shell(rp, rq.host, filter)
		rp.b = shellAlarms(rp.b, a.opt.Alerts.Alerts(a.healthGUID(rq)), filter)
	case "json":
		a.used.json.Add(1)
		a.metricsJSON(rp, rq.host, filter)
	case "prometheus", "prometheus_all_hosts":
		a.used.prometheus.Add(1)
		a.prometheus(rp, rq, filter, format == "prometheus_all_hosts")
	default:
		rp.fail(http.StatusBadRequest, "Which format? shell, json, prometheus and prometheus_all_hosts are supported.")
	}
}

// chartFilter selects charts, all of them when it is empty.
type chartFilter struct{ pattern.Pattern }

func (f chartFilter) match(ch *catalog.Chart) bool {
	return f.Empty() || f.MatchAny(ch.ID, ch.Name())
}

// metricsJSON writes the newest values as an object by chart.
func (a *API) metricsJSON(rp *reply, h *catalog.Host, filter chartFilter) {
	rp.open('{')
	defer rp.close('}')
	if h == nil {
		return
	}
	for _, ch := range h.Charts() {
		if !ch.Visible() || !filter.match(ch) {
			continue
		}
		def, last := ch.Def(), ch.Last()
		rp.keyOpen(ch.ID, '{')
		rp.keyString("name", ch.Name())
		rp.keyString("family", def.Family)
		rp.keyString("context", def.Context)
		rp.keyString("units", def.Units)
		rp.keyInt("last_updated", last)
		rp.keyOpen("dimensions", '{')
		for _, d := range ch.Dimensions() {
			t, v, _ := d.Last()
			def := d.Def()
			if t == 0 || def.Obsolete {
				continue
			}
			rp.keyOpen(d.ID, '{')
			rp.keyString("name", def.Name)
			rp.key("value")
			if t < last || math.IsNaN(v) {
				rp.null()
			} else {
				rp.next()
				rp.b = appendDecimals(rp.b, v)
			}
			rp.close('}')
		}
		rp.close('}')
		rp.close('}')
	}
}

// appendDecimals appends v with 7 decimals, as all formats of allmetrics have it.
func appendDecimals(b []byte, v float64) []byte {
	const most = 1 << 53 / 1e7
	if m := math.Abs(v); m < most {
		if v < 0 {
			b = append(b, '-')
		}
		n := uint64(math.Round(m * 1e7))
		b = strconv.AppendUint(b, n/1e7, 10)
		b = append(b, ".0000000"...)
		for i, rest := len(b)-1, n%1e7; rest > 0; i, rest = i-1, rest/10 {
			b[i] = byte('0' + rest%10)
		}
		return b
	}
	return strconv.AppendFloat(b, v, 'f', 7, 64)
}

// shell writes the newest values as assignments of variables of a shell.
func (a *API) shell(rp *reply, h *catalog.Host, filter chartFilter) {
	if h == nil {
		return
	}
	b := rp.b
	for _, ch := range h.Charts() {
		if !ch.Visible() || !filter.match(ch) {
			continue
		}
		def, last := ch.Def(), ch.Last()
		b = append(b, "\n# chart: "...)
		b = appendComment(b, ch.ID)
		b = append(b, " (name: "...)
		b = appendComment(b, ch.Name())
		b = append(b, ")\n"...)
		total := 0.0
		for _, d := range ch.Dimensions() {
			t, v, _ := d.Last()
			def := d.Def()
			if t == 0 || def.Obsolete {
				continue
			}
			b = appendVariable(b, ch.Name())
			b = append(b, '_')
			b = appendUpper(b, def.Name)
			b = append(b, `="`...)
			if t == last && !math.IsNaN(v) {
				if (def.Multiplier < 0) != (def.Divisor < 0) {
					v = -v
				}
				v = math.Round(v)
				b = strconv.AppendFloat(b, v+0, 'f', 0, 64)
				if !def.Hidden {
					total += v
				}
			}
			b = append(b, `"      # `...)
			b = appendComment(b, ch.Def().Units)
			b = append(b, '\n')
		}
		b = appendVariable(b, ch.Name())
		b = append(b, `_VISIBLETOTAL="`...)
		b = strconv.AppendFloat(b, total+0, 'f', 0, 64)
		b = append(b, `"      # `...)
		b = appendComment(b, def.Units)
		b = append(b, '\n')
	}
	rp.b = append(b, "\n# NETDATA ALARMS RUNNING\n"...)
}

func appendVariable(b []byte, chart string) []byte {
	return appendUpper(append(b, "NETDATA_"...), chart)
}

// appendUpper appends s in upper case, with _ for all but letters and digits: what follows is read by a shell.
func appendUpper(b []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z':
			b = append(b, c-'a'+'A')
		case c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			b = append(b, c)
		default:
			b = append(b, '_')
		}
	}
	return b
}

// appendComment appends s without the characters that would end a comment.
func appendComment(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == 0x7f {
			b = append(b, '_')
		} else {
			b = append(b, c)
		}
	}
	return b
}

// scraper returns the name under which the time of the last scrape is kept: the parameter server, or else the client's
// address.
func scraper(rq *request) string {
	if server := rq.params.get("server"); server != "" {
		return server
	}
	host, _, err := net.SplitHostPort(rq.RemoteAddr)
	if err != nil {
		return rq.RemoteAddr
	}
	return host
}

// switched returns whether a parameter is on: yes, true and 1 are, everything else is not.
func switched(ps params, name string, otherwise bool) bool {
	switch strings.ToLower(ps.get(name)) {
	case "":
		return otherwise
	case "yes", "true", "1":
		return true
	}
	return false
}
