package prom

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/prometheus/model/labels"

	"foster/storage/catalog"
	"foster/storage/tier"
)

// selector is what the matchers of a selector ask of hosts, charts and dimensions.
type selector struct {
	metric, host, chart, dimension []*labels.Matcher

	contexts map[string]bool // answers of matchesContext
	scratch  []pair
}

func newSelector(matchers []*labels.Matcher) *selector {
	s := &selector{contexts: map[string]bool{}}
	for _, m := range matchers {
		switch {
		case m.Name == labelName:
			s.metric = append(s.metric, m)
		case ofHost(m.Name):
			s.host = append(s.host, m)
		case ofDimension(m.Name):
			s.dimension = append(s.dimension, m)
		default:
			s.chart = append(s.chart, m)
		}
	}
	return s
}

// matchesHost says whether the series of a host can match.
func (s *selector) matchesHost(ix *hostIndex) bool {
	for _, m := range s.host {
		if !m.Matches(ix.value(m.Name)) {
			return false
		}
	}
	return true
}

// candidates returns charts of a host: those with the metric name or the id when only one will do, else all.
func (s *selector) candidates(ix *hostIndex) []*catalog.Chart {
	for _, m := range s.metric {
		if m.Type == labels.MatchEqual {
			return ix.byName[tier.MetricName(m.Value)]
		}
	}
	for _, m := range s.chart {
		if m.Type == labels.MatchEqual && m.Name == labelChart && m.Value != "" && !strings.ContainsRune(m.Value, utf8.RuneError) {
			if ch := ix.host.Chart(m.Value); ch != nil && ch.ID == m.Value {
				return []*catalog.Chart{ch}
			}
			return nil
		}
	}
	return ix.charts
}

// matchesContext says whether a context matches. It may be asked for as the name of a metric or as Netdata writes it.
func (s *selector) matchesContext(context string) bool {
	if len(s.metric) == 0 {
		return true
	}
	matches, known := s.contexts[context]
	if known {
		return matches
	}
	matches = true
	name := tier.MetricName(context)
	for _, m := range s.metric {
		switch m.Type {
		case labels.MatchEqual, labels.MatchRegexp:
			matches = matches && (m.Matches(name) || m.Matches(context))
		default:
			matches = matches && m.Matches(name) && m.Matches(context)
		}
	}
	s.contexts[context] = matches
	return matches
}

func (s *selector) matchesChart(ch *catalog.Chart) bool {
	if !s.matchesContext(ch.Def().Context) {
		return false
	}
	for _, m := range s.chart {
		if !m.Matches(chartValue(ch, m.Name, &s.scratch)) {
			return false
		}
	}
	return true
}

func (s *selector) matchesDimension(d *catalog.Dimension) bool {
	for _, m := range s.dimension {
		value := valid(d.ID)
		if m.Name == labelDimensionName {
			value = dimensionName(d)
		}
		if !m.Matches(value) {
			return false
		}
	}
	return true
}

// span is a range of time, both ends included, in unix seconds.
type span struct {
	first, last int64
}

// has says whether a chart may have points in the span. What is not known of a chart counts for it.
func (s span) has(ch *catalog.Chart) bool {
	return !ch.Host.RetentionKnown() || ch.Last() >= s.first
}

// walk calls visit for each chart that matches and may have points in the span, with its dimensions that match, until it
// returns an error, which walk returns.
func (s *selector) walk(ctx context.Context, hosts []*hostIndex, over span, visit func(*hostIndex, *catalog.Chart, []*catalog.Dimension) error) error {
	var matching []*catalog.Dimension
	for _, ix := range hosts {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !s.matchesHost(ix) {
			continue
		}
		for _, ch := range s.candidates(ix) {
			if !over.has(ch) || !s.matchesChart(ch) {
				continue
			}
			dims := ch.Dimensions()
			if len(s.dimension) > 0 {
				matching = matching[:0]
				for _, d := range dims {
					if s.matchesDimension(d) {
						matching = append(matching, d)
					}
				}
				dims = matching
			}
			if len(dims) == 0 {
				continue
			}
			if err := visit(ix, ch, dims); err != nil {
				return err
			}
		}
	}
	return nil
}
