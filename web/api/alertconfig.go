package api

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"foster/health/conf"
)

// alertConfig is a definition with its hash.
type alertConfig struct {
	hash       uuid.UUID
	definition *conf.Definition
}

// appendConfig adds a definition to a list that does not have it.
func appendConfig(list []*alertConfig, hash uuid.UUID, d *conf.Definition) []*alertConfig {
	if slices.ContainsFunc(list, func(c *alertConfig) bool { return c.hash == hash }) {
		return list
	}
	return append(list, &alertConfig{hash, d})
}

// alertConfigV2 answers /api/v2/alert_config: one definition, by its hash.
func (a *API) alertConfigV2(rp *reply, rq *request) {
	text := rq.params.get("config")
	if text == "" {
		rp.fail(http.StatusBadRequest, "No config hash id is given at the request.")
		return
	}
	if hash, err := uuid.Parse(text); err == nil {
		if d, ok := a.opt.Alerts.Definition(hash); ok {
			rp.alertConfig(&alertConfig{hash, d})
			return
		}
	}
	rp.fail(http.StatusNotFound, "There is no definition with config hash id "+escape(text)+".")
}

// configurations writes definitions.
func (e *envelope) configurations(list []*alertConfig) {
	e.keyOpen("configurations", '[')
	for _, c := range list {
		e.alertConfig(c)
	}
	e.close(']')
}

// sourceV2 returns where a definition stands, as agents v2 print it.
func sourceV2(d *conf.Definition) string {
	return "line=" + strconv.Itoa(d.Line) + ",file=" + d.File
}

// alertConfig writes a definition.
func (rp *reply) alertConfig(c *alertConfig) {
	d := c.definition
	rp.open('{')
	rp.keyString("name", d.Name)
	rp.keyString("config_hash_id", c.hash.String())
	rp.keyOpen("selectors", '{')
	kind := "alarm"
	if d.Template {
		kind = "template"
	}
	rp.keyString("type", kind)
	rp.keyString("on", d.On)
	rp.keyOptional("families", d.Families.String())
	rp.keyOptional("host_labels", labelConditions(d.HostLabels, "_os", d.OS, "_hostname", d.Hosts))
	rp.keyOptional("chart_labels", labelConditions(d.ChartLabels, "_collect_plugin", d.Plugin, "_collect_module", d.Module))
	rp.close('}')
	rp.keyOpen("value", '{')
	rp.keyOptional("units", d.Units)
	rp.keyInt("update_every", seconds(d.Every))
	if d.Lookup != nil {
		rp.configLookup(d.Lookup)
	}
	if d.Calc != nil {
		rp.keyString("calc", d.Calc.Text())
	}
	rp.close('}')
	if d.Warn != nil || d.Crit != nil {
		rp.keyOpen("status", '{')
		for _, limit := range []struct {
			key   string
			value float64
		}{{"green", d.Green}, {"red", d.Red}} {
			if !math.IsNaN(limit.value) {
				rp.keyNumber(limit.key, limit.value)
			}
		}
		if d.Warn != nil {
			rp.keyString("warn", d.Warn.Text())
		}
		if d.Crit != nil {
			rp.keyString("crit", d.Crit.Text())
		}
		rp.close('}')
	}
	rp.keyOpen("notification", '{')
	rp.keyString("type", "agent")
	rp.keyOptional("exec", d.Exec)
	rp.keyOptional("to", d.To)
	rp.keyOptional("delay", delayText(&d.Delay))
	rp.keyOptional("repeat", repeatText(&d.Repeat))
	options := ""
	if d.NoClearNotification {
		options = "no-clear-notification"
	}
	rp.keyOptional("options", options)
	rp.close('}')
	rp.keyOptional("class", d.Class)
	rp.keyOptional("component", d.Component)
	rp.keyOptional("type", d.Type)
	rp.keyOptional("info", d.Info)
	rp.keyOptional("summary", d.Summary)
	rp.keyString("source", sourceV2(d))
	rp.close('}')
}

func (rp *reply) configLookup(l *conf.Lookup) {
	rp.keyOpen("db", '{')
	rp.keyInt("after", seconds(l.After))
	rp.keyInt("before", seconds(l.Before))
	condition, value := "=", 0.0
	if l.Argument != "" {
		number := strings.TrimLeft(l.Argument, "!<>=: ")
		condition = strings.TrimSpace(strings.TrimSuffix(l.Argument, number))
		value, _ = strconv.ParseFloat(number, 64) // 0 for what is no number, as agents have it
	}
	rp.keyString("time_group_condition", condition)
	rp.keyNumber("time_group_value", value)
	rp.keyString("dims_group", l.Combine)
	source := "samples"
	if slices.Contains(l.Options, "anomaly-bit") {
		source = "anomalies"
	} else if slices.Contains(l.Options, "percentage") {
		source = "percentages"
	}
	rp.keyString("data_source", source)
	rp.keyString("method", l.Method)
	rp.keyOptional("dimensions", l.Of)
	rp.key("options")
	rp.strings(l.Options)
	rp.close('}')
}

// labelConditions writes conditions on labels, and those on what is a label in agents v2, as a definition has them.
func labelConditions(list []conf.LabelCondition, names ...any) string {
	var words []string
	for i := 0; i < len(names); i += 2 {
		if filter := names[i+1].(conf.Filter).String(); filter != "" {
			words = append(words, names[i].(string)+"="+filter)
		}
	}
	for _, c := range list {
		words = append(words, c.Name+"="+c.Values.String())
	}
	return strings.Join(words, " ")
}

func delayText(d *conf.Delay) string {
	var words []string
	add := func(word string, value time.Duration) {
		if value != 0 {
			words = append(words, word+" "+strconv.FormatInt(seconds(value), 10)+"s")
		}
	}
	add("up", d.Up)
	add("down", d.Down)
	if d.Multiplier != 1 && d.Multiplier != 0 {
		words = append(words, "multiplier "+strconv.FormatFloat(d.Multiplier, 'g', -1, 64))
	}
	add("max", d.Max)
	return strings.Join(words, " ")
}

func repeatText(r *conf.Repeat) string {
	if !r.Set {
		return ""
	}
	var words []string
	if r.Warning > 0 {
		words = append(words, "warning "+strconv.FormatInt(seconds(r.Warning), 10)+"s")
	}
	if r.Critical > 0 {
		words = append(words, "critical "+strconv.FormatInt(seconds(r.Critical), 10)+"s")
	}
	if len(words) == 0 {
		return "off"
	}
	return strings.Join(words, " ")
}
