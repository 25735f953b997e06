package api

import (
	"cmp"
	"math"
	"strings"

	"foster/health"
	"foster/storage/catalog"
)

// alarmBadge fills in the label and the value of an alarm of a chart.
func (a *API) alarmBadge(rp *reply, rq *request, ch *catalog.Chart, name string, image *badgeImage) {
	ps := rq.params
	var found *health.Snapshot
	for _, s := range a.opt.Alerts.Alerts(a.healthGUID(rq)) {
		if s.Chart == ch.ID && s.Name == name {
			found = &s
			break
		}
	}
	if found == nil {
		image.label, image.value, image.valueColor = "alarm not found", "-", emptyColor
		return
	}
	v := found.Value * float64(nonzero(ps.number("multiply", 1))) / float64(nonzero(ps.number("divide", 1)))
	shown := v
	if strings.Contains(ps.get("options"), "display_absolute") || strings.Contains(ps.get("options"), "display-absolute") {
		shown = math.Abs(v)
	}
	image.value = valueText(shown, cmp.Or(ps.get("units"), found.Units), ps.number("precision", autoPrecision))
	image.label = cmp.Or(ps.get("label"), strings.ReplaceAll(found.Name, "_", " "))
	image.valueColor = parseColor(cmp.Or(alarmColors[found.Status], "grey"), emptyColor)
	if rules := ps.get("value_color"); rules != "" {
		image.valueColor = ruleColor(rules, v, image.valueColor)
	}
	if ps.get("refresh") == "auto" {
		rp.refresh = max(0, seconds(found.Every))
	} else {
		rp.refresh = refreshOf(ps, &badgeQuery{})
	}
}
