package prom

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"foster/storage/catalog"
	"foster/storage/tier"
)

// series answers which series match.
func (p *Prom) series(r *http.Request) (*result, error) {
	limit, err := limitOf(r)
	if err != nil {
		return nil, err
	}
	over, err := spanOf(r)
	if err != nil {
		return nil, err
	}
	sets, err := p.matchersOf(r)
	if err != nil {
		return nil, err
	}
	if len(sets) == 0 {
		return nil, errorf(badData, "no match[] parameter provided")
	}
	found, err := p.union(r.Context(), sets, over)
	if err != nil {
		return nil, err
	}
	res := &result{}
	if limit > 0 && len(found) > limit {
		found = found[:limit]
		res.notes.Add(errTruncated)
	}
	list := make([]map[string]string, len(found))
	for i := range found {
		list[i] = found[i].labels.Map()
	}
	res.data = list
	return res, nil
}

// union returns the series that match any of some selectors, each once, in the order of their labels.
func (p *Prom) union(ctx context.Context, sets [][]*labels.Matcher, over span) ([]series, error) {
	named := namedBy(sets...)
	hosts := p.hosts()
	var all []series
	seen := map[*catalog.Dimension]struct{}{}
	for _, matchers := range sets {
		found, err := p.find(ctx, hosts, newSelector(matchers), over, named)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			if _, again := seen[s.dimension]; again {
				continue
			}
			if len(all) == p.opt.MaxSeries {
				return nil, errTooManySeries(p.opt.MaxSeries)
			}
			seen[s.dimension] = struct{}{}
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b series) int { return labels.Compare(a.labels, b.labels) })
	return all, nil
}

// labels answers which labels the series have that match.
func (p *Prom) labels(r *http.Request) (*result, error) {
	return p.listed(r, p.labelNames)
}

// values answers which values a label has.
func (p *Prom) values(r *http.Request, label string) (*result, error) {
	if !model.UTF8Validation.IsValidLabelName(label) {
		return nil, errorf(badData, "invalid label name: %q", label)
	}
	return p.listed(r, func(ctx context.Context, over span, sets [][]*labels.Matcher) ([]string, error) {
		return p.labelValues(ctx, label, over, sets)
	})
}

// listed answers with a list of strings.
func (p *Prom) listed(r *http.Request, list func(context.Context, span, [][]*labels.Matcher) ([]string, error)) (*result, error) {
	limit, err := limitOf(r)
	if err != nil {
		return nil, err
	}
	over, err := spanOf(r)
	if err != nil {
		return nil, err
	}
	sets, err := p.matchersOf(r)
	if err != nil {
		return nil, err
	}
	found, err := list(r.Context(), over, sets)
	if err != nil {
		return nil, err
	}
	res := &result{}
	if limit > 0 && len(found) > limit {
		found = found[:limit]
		res.notes.Add(errTruncated)
	}
	res.data = found
	return res, nil
}

// each calls visit for every chart that matches one of the selectors, or for all when there is none.
func (p *Prom) each(ctx context.Context, over span, sets [][]*labels.Matcher, visit func(*hostIndex, *catalog.Chart, []*catalog.Dimension)) error {
	if len(sets) == 0 {
		sets = [][]*labels.Matcher{nil}
	}
	hosts := p.hosts()
	for _, matchers := range sets {
		err := newSelector(matchers).walk(ctx, hosts, over, func(ix *hostIndex, ch *catalog.Chart, dims []*catalog.Dimension) error {
			visit(ix, ch, dims)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// labelNames returns the names of the labels of the series that match, in order.
func (p *Prom) labelNames(ctx context.Context, over span, sets [][]*labels.Matcher) ([]string, error) {
	names := map[string]struct{}{}
	var host *hostIndex
	var pairs []pair
	err := p.each(ctx, over, sets, func(ix *hostIndex, ch *catalog.Chart, dims []*catalog.Dimension) {
		pairs = chartPairs(pairs[:0], ch)
		if ix != host {
			host = ix
			pairs = append(append(pairs, ix.always...), ix.labels...)
		}
		for _, l := range pairs {
			names[l.name] = struct{}{}
		}
		names[labelDimension] = struct{}{}
		for _, d := range dims {
			if dimensionName(d) != "" {
				names[labelDimensionName] = struct{}{}
				break
			}
		}
	})
	return sortedKeys(names), err
}

// labelValues returns the values that a label has in the series that match, in order.
func (p *Prom) labelValues(ctx context.Context, label string, over span, sets [][]*labels.Matcher) ([]string, error) {
	values := map[string]struct{}{}
	var scratch []pair
	contexts := map[string]struct{}{}
	err := p.each(ctx, over, sets, func(ix *hostIndex, ch *catalog.Chart, dims []*catalog.Dimension) {
		switch {
		case label == labelName:
			contexts[ch.Def().Context] = struct{}{}
		case ofHost(label):
			values[ix.value(label)] = struct{}{}
		case label == labelDimension:
			for _, d := range dims {
				values[valid(d.ID)] = struct{}{}
			}
		case label == labelDimensionName:
			for _, d := range dims {
				values[dimensionName(d)] = struct{}{}
			}
		default:
			values[chartValue(ch, label, &scratch)] = struct{}{}
		}
	})
	for c := range contexts {
		values[tier.MetricName(c)] = struct{}{}
	}
	delete(values, "")
	return sortedKeys(values), err
}

func sortedKeys[V any](m map[string]V) []string {
	list := make([]string, 0, len(m)) // an empty list is [] in JSON
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

// metric is what is told of a metric.
type metric struct {
	Type string `json:"type"`
	Help string `json:"help"`
	Unit string `json:"unit"`
}

// metadata answers what the metrics are: titles and units of their charts.
func (p *Prom) metadata(r *http.Request) (*result, error) {
	limits := map[string]int{"limit": -1, "limit_per_metric": -1}
	for name := range limits {
		if s := r.Form.Get(name); s != "" {
			n, err := strconv.Atoi(s)
			if err != nil {
				return nil, badParameter(name, errors.New("it is not a number"))
			}
			limits[name] = n
		}
	}
	var sets [][]*labels.Matcher
	if name := r.Form.Get("metric"); name != "" {
		sets = [][]*labels.Matcher{{labels.MustNewMatcher(labels.MatchEqual, labelName, name)}}
	}
	found := map[string]map[metric]struct{}{}
	err := p.each(r.Context(), span{}, sets, func(_ *hostIndex, ch *catalog.Chart, _ []*catalog.Dimension) {
		def := ch.Def()
		name := tier.MetricName(def.Context)
		if found[name] == nil {
			found[name] = map[metric]struct{}{}
		}
		found[name][metric{Type: "gauge", Help: valid(def.Title), Unit: valid(def.Units)}] = struct{}{}
	})
	if err != nil {
		return nil, err
	}
	list := map[string][]metric{}
	for _, name := range sortedKeys(found) {
		if limits["limit"] >= 0 && len(list) >= limits["limit"] {
			break
		}
		metrics := slices.SortedFunc(maps.Keys(found[name]), func(a, b metric) int {
			return cmp.Or(cmp.Compare(a.Help, b.Help), cmp.Compare(a.Unit, b.Unit))
		})
		if n := limits["limit_per_metric"]; n > 0 && len(metrics) > n {
			metrics = metrics[:n]
		}
		list[name] = metrics
	}
	return &result{data: list}, nil
}
