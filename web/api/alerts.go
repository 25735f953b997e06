package api

import (
	"math"
	"slices"

	"github.com/google/uuid"

	"foster/health/alert"
	"foster/health/conf"
)

// alertsV2 answers /api/v2/alerts: the alerts of all nodes. What of them is told is for the options to say.
func (a *API) alertsV2(rp *reply, rq *request) {
	nodes := a.nodes(rq.params)
	filter := parseAlertFilter(rq.params)
	e := a.newEnvelope(rp, rq)
	e.keyOpen("nodes", '[')
	for i := range nodes {
		e.node(&nodes[i])
		e.close('}')
	}
	e.close(']')
	summary, instances, values := e.options.has("summary"), e.options.has("instances"), e.options.has("values")
	configurations := e.options.has("config", "configurations")
	if summary || instances || values || configurations {
		list := a.alertsOf(nodes, &filter)
		groups := groupAlerts(list)
		if summary {
			e.alertSummary(groups)
			e.alertsBy(list)
		}
		if instances || values {
			e.alertInstances(list, summary, instances, values)
		}
		if configurations {
			var used []*alertConfig
			for i := range list {
				used = appendConfig(used, list[i].ConfigHash, list[i].Definition)
			}
			e.configurations(used)
		}
	}
	e.end()
}

// alertCounts are how many alerts have a status, as API v2 counts.
type alertCounts struct{ critical, warning, clear, failed int64 }

func (c *alertCounts) add(s alert.Status, value float64) {
	switch s {
	case alert.Critical:
		c.critical++
	case alert.Warning:
		c.warning++
	case alert.Clear:
		c.clear++
	case alert.Undefined:
		if math.IsNaN(value) || math.IsInf(value, 0) {
			c.failed++
		}
	}
}

func (e *envelope) alertCounts(c *alertCounts) {
	e.keyInt(e.k("cr"), c.critical)
	e.keyInt(e.k("wr"), c.warning)
	e.keyInt(e.k("cl"), c.clear)
	e.keyInt("er", c.failed)
}

// alertGroup is all alerts of one name.
type alertGroup struct {
	name, summary string
	nodes         []int64
	configs       []uuid.UUID
	counts        alertCounts
	instances     int64

	contexts, classes, components, types, recipients []string
}

// groupAlerts puts alerts of the same name together, in the order in which the names come first, and numbers them.
func groupAlerts(list []nodeAlert) []*alertGroup {
	var groups []*alertGroup
	index := map[string]int{}
	for i := range list {
		s := &list[i]
		n, known := index[s.Name]
		if !known {
			n = len(groups)
			index[s.Name] = n
			groups = append(groups, &alertGroup{name: s.Name, summary: s.Definition.Summary})
		}
		s.group = n
		g := groups[n]
		g.instances++
		g.counts.add(s.Status, s.Value)
		if id := int64(s.node.index); len(g.nodes) == 0 || g.nodes[len(g.nodes)-1] != id { // they come by node
			g.nodes = append(g.nodes, id)
		}
		if !slices.Contains(g.configs, s.ConfigHash) {
			g.configs = append(g.configs, s.ConfigHash)
		}
		for _, f := range []struct {
			list  *[]string
			value string
		}{
			{&g.contexts, s.Context}, {&g.classes, s.Definition.Class}, {&g.components, s.Definition.Component},
			{&g.types, s.Definition.Type}, {&g.recipients, s.Recipient},
		} {
			if f.value != "" && !slices.Contains(*f.list, f.value) {
				*f.list = append(*f.list, f.value)
			}
		}
	}
	return groups
}

func (e *envelope) alertSummary(groups []*alertGroup) {
	e.keyOpen("alerts", '[')
	for i, g := range groups {
		e.open('{')
		e.keyInt("ati", int64(i))
		e.keyOpen("ni", '[')
		for _, n := range g.nodes {
			e.int(n)
		}
		e.close(']')
		e.keyString(e.k("nm"), g.name)
		e.keyString("sum", g.summary)
		e.alertCounts(&g.counts)
		e.keyInt("in", g.instances)
		e.keyInt("nd", int64(len(g.nodes)))
		e.keyInt("cfg", int64(len(g.configs)))
		for _, f := range []struct {
			key  string
			list []string
		}{{"ctx", g.contexts}, {"cls", g.classes}, {"cp", g.components}, {"ty", g.types}, {"to", g.recipients}} {
			e.key(f.key)
			e.strings(f.list)
		}
		e.close('}')
	}
	e.close(']')
}

// alertsBy writes how many alerts run by several properties, and how many definitions there are of each.
func (e *envelope) alertsBy(list []nodeAlert) {
	definitions := e.api.opt.Alerts.Definitions()
	for _, by := range []struct {
		key       string
		of        func(*nodeAlert) string
		available func(*conf.Definition) string // nil: definitions do not say
	}{
		{"alerts_by_type", func(s *nodeAlert) string { return s.Definition.Type }, func(d *conf.Definition) string { return d.Type }},
		{"alerts_by_component", func(s *nodeAlert) string { return s.Definition.Component }, func(d *conf.Definition) string { return d.Component }},
		{"alerts_by_classification", func(s *nodeAlert) string { return s.Definition.Class }, func(d *conf.Definition) string { return d.Class }},
		{"alerts_by_recipient", func(s *nodeAlert) string { return s.Recipient }, func(d *conf.Definition) string { return d.To }},
		{"alerts_by_module", func(s *nodeAlert) string { return s.Module }, nil},
	} {
		type running struct {
			counts            alertCounts
			running, silenced int64
		}
		var names []string
		groups := map[string]*running{}
		for i := range list {
			s := &list[i]
			name := by.of(s)
			if name == "" {
				continue
			}
			g := groups[name]
			if g == nil {
				g = &running{}
				groups[name], names = g, append(names, name)
			}
			g.counts.add(s.Status, s.Value)
			g.running++
			if s.Recipient == "silent" || s.Silenced {
				g.silenced++
			}
		}
		available := map[string]int64{}
		if by.available != nil {
			for _, d := range definitions {
				available[by.available(d)]++
			}
		}
		e.keyOpen(by.key, '[')
		for _, name := range names {
			g := groups[name]
			e.open('{')
			e.keyString("name", name)
			e.alertCounts(&g.counts)
			e.keyInt("running", g.running)
			e.keyInt("running_silent", g.silenced)
			if by.available != nil {
				e.keyInt("available", available[name])
			}
			e.close('}')
		}
		e.close(']')
	}
}

// alertInstances writes each alert; grouped says that the summary is there to refer to.
func (e *envelope) alertInstances(list []nodeAlert, grouped, instances, values bool) {
	e.keyOpen("alert_instances", '[')
	for i := range list {
		s := &list[i]
		e.open('{')
		if grouped {
			e.keyInt("ati", int64(s.group))
		}
		e.keyInt(e.k("ni"), int64(s.node.index))
		if instances {
			e.keyInt("gi", s.LastGlobalID)
		}
		e.keyString(e.k("nm"), s.Name)
		if instances {
			e.keyString("ctx", s.Context)
		}
		e.keyString("ch", s.Chart)
		e.keyString("ch_n", s.ChartName)
		if instances {
			e.keyString(e.k("st"), s.Status.String())
			e.keyString("fami", s.Family)
			e.keyString("info", s.Definition.Info)
			e.keyString("sum", s.Summary)
			e.keyString("units", s.Units)
			e.keyString("tr_i", s.LastTransition.String())
			e.keyNumber("tr_v", s.LastTransitionValue)
			e.keyTime("tr_t", unixSeconds(s.LastTransitionAt))
			e.keyString("cfg", s.ConfigHash.String())
			e.keyString("src", sourceV2(s.Definition))
			e.keyString("to", s.Recipient)
			e.keyString("tp", s.Definition.Type)
			e.keyString("cm", s.Definition.Component)
			e.keyString("cl", s.Definition.Class)
		}
		if values {
			e.keyNumber("v", s.Value)
			e.keyTime("t", unixSeconds(s.LastUpdated))
		}
		e.close('}')
	}
	e.close(']')
}
