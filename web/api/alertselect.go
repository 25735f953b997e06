package api

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"foster/health"
	"foster/health/alert"
)

// alertFilter selects alerts by what API v2 and v3 can ask for.
type alertFilter struct {
	scope, contexts, names optionalPattern
	statuses               []alert.Status // empty: any
	unknown                string         // what was asked for as a status and is none, which agents overlook
	transition             uuid.UUID      // the newest one of the alert; Nil: any
	impossible             bool           // a transition was asked for that is none
}

func parseAlertFilter(ps params) alertFilter {
	f := alertFilter{scope: optional(ps.get("scope_contexts")), contexts: optional(ps.get("contexts")), names: optional(ps.get("alert"))}
	for name := range strings.FieldsFuncSeq(ps.get("status"), func(r rune) bool { return r == ',' || r == '|' || r == ' ' }) {
		if strings.EqualFold(name, "active") {
			name = "raised"
		}
		if s, err := alert.ParseStatus(name); err == nil {
			f.statuses = append(f.statuses, s)
		} else {
			f.unknown = name
		}
	}
	if id := ps.get("transition"); id != "" {
		var err error
		f.transition, err = uuid.Parse(id)
		f.impossible = err != nil
	}
	return f
}

func (f *alertFilter) match(s *health.Snapshot) bool {
	return !f.impossible && f.names.match(s.Name) && f.scope.match(s.Context) && f.contexts.match(s.Context) &&
		(f.transition == uuid.Nil || f.transition == s.LastTransition) &&
		(len(f.statuses) == 0 || slices.ContainsFunc(f.statuses, func(want alert.Status) bool {
			return want == s.Status || want == alert.Raised && s.Status.Raised()
		}))
}

// nodeAlert is an alert with the node that has it.
type nodeAlert struct {
	health.Snapshot
	node  *node
	group int // index of its name in the answer
}

// alertsOf returns the alerts of nodes that a filter selects.
func (a *API) alertsOf(nodes []node, f *alertFilter) []nodeAlert {
	var list []nodeAlert
	for i := range nodes {
		for _, s := range a.opt.Alerts.Alerts(nodes[i].guid) {
			if f.match(&s) {
				list = append(list, nodeAlert{Snapshot: s, node: &nodes[i]})
			}
		}
	}
	return list
}
