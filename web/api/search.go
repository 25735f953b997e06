package api

import (
	"slices"
	"strings"

	"foster/internal/pattern"
)

// q answers /api/v2/q: the contexts in which a text occurs, and where.
func (a *API) q(rp *reply, rq *request) {
	nodes, list, ok := a.scopedContexts(rp, rq)
	if !ok {
		return
	}
	s := newSearch(rq.params.get("q"))
	var found []finding
	for _, c := range list {
		if f := s.in(c); len(f.where) > 0 {
			found = append(found, f)
		}
	}
	matched := make([]*contextCharts, len(found))
	for i := range found {
		matched[i] = found[i].context
	}
	e := a.newEnvelope(rp, rq)
	e.answered(withCharts(nodes, matched))
	e.keyOpen("contexts", '{')
	for i := range found {
		e.finding(&found[i])
	}
	e.close('}')
	e.keyOpen("searches", '{')
	e.keyInt("strings", s.looked)
	e.keyInt("char", 0)
	e.keyInt("total", s.looked)
	e.close('}')
	a.versions(rp)
	e.agents(nil)
	e.end()
}

// search looks for a text, in whatever case.
type search struct {
	pattern pattern.Pattern
	looked  int64 // strings looked at
}

// finding is where a text occurs in a context.
type finding struct {
	context    *contextCharts
	where      []string
	dimensions []string
	instances  []string
	labels     *labelValues
}

// newSearch returns a search for any of the words of text, which are separated by commas and bars: a blank in a word stands
// for anything, and so does what is before and after it. A word that begins with ! refuses what it matches.
func newSearch(text string) *search {
	var words []string
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return r == ',' || r == '|' }) {
		word = strings.TrimSpace(word)
		refusal, negative := strings.CutPrefix(word, "!")
		word = "*" + strings.Join(strings.Fields(refusal), "*") + "*"
		if negative {
			word = "!" + word
		}
		words = append(words, word)
	}
	return &search{pattern: pattern.Parse(strings.Join(words, "|"), pattern.List)}
}

func (s *search) match(text string) bool {
	s.looked++
	return s.pattern.Match(strings.ToLower(text))
}

// in returns where the text occurs in the context.
func (s *search) in(c *contextCharts) finding {
	f := finding{context: c}
	note := func(place string, found bool) {
		if found {
			f.where = append(f.where, place)
		}
	}
	note("id", s.match(c.id))
	note("title", s.match(c.title))
	note("units", s.match(c.units))
	note("families", s.match(c.family))
	pick := func(list []string) []string {
		return slices.DeleteFunc(list, func(text string) bool { return !s.match(text) })
	}
	f.instances = pick(c.instances())
	note("instances", len(f.instances) > 0)
	f.dimensions = pick(c.dimensionNames())
	note("dimensions", len(f.dimensions) > 0)
	f.labels = c.labels(s.match)
	note("labels", len(f.labels.keys.list) > 0)
	return f
}

// finding writes where a text occurs in a context.
func (e *envelope) finding(f *finding) {
	e.keyOpen(f.context.id, '{')
	e.key("matched")
	e.strings(f.where)
	if len(f.dimensions) > 0 {
		e.key("dimensions")
		e.strings(f.dimensions)
	}
	if len(f.instances) > 0 {
		e.key("instances")
		e.strings(f.instances)
	}
	if len(f.labels.keys.list) > 0 {
		e.labels(f.labels)
	}
	e.close('}')
}
