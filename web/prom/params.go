package prom

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// The times that stand for no limit. Prometheus writes them so.
var (
	minTime = time.Unix(math.MinInt64/1000+62135596801, 0).UTC()
	maxTime = time.Unix(math.MaxInt64/1000-62135596801, 999999999).UTC()
)

// mostSeconds is the latest time that can be asked for: the engine counts nanoseconds.
const mostSeconds = math.MaxInt64 / 1e9

// parseTime parses unix seconds, or a time as RFC 3339 has it.
func parseTime(s string) (time.Time, error) {
	if t, err := strconv.ParseFloat(s, 64); err == nil {
		if !(math.Abs(t) <= mostSeconds) {
			return time.Time{}, fmt.Errorf("%q is not a time that can be asked for", s)
		}
		return time.UnixMilli(int64(math.Round(t * 1000))).UTC(), nil
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, nil
	}
	for _, limit := range []time.Time{minTime, maxTime} {
		if s == limit.Format(time.RFC3339Nano) {
			return limit, nil
		}
	}
	return time.Time{}, fmt.Errorf("cannot parse %q to a valid timestamp", s)
}

// parseDuration parses seconds, or a duration as PromQL has it.
func parseDuration(s string) (time.Duration, error) {
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		if d := f * float64(time.Second); math.Abs(d) < math.MaxInt64 {
			return time.Duration(d), nil
		}
		return 0, fmt.Errorf("cannot parse %q to a valid duration", s)
	}
	d, err := model.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("cannot parse %q to a valid duration", s)
	}
	return time.Duration(d), nil
}

// timeOf returns a parameter that is a time, missing when it is not given.
func timeOf(r *http.Request, name string, missing time.Time) (time.Time, error) {
	s := r.Form.Get(name)
	if s == "" {
		return missing, nil
	}
	t, err := parseTime(s)
	if err != nil {
		return t, badParameter(name, err)
	}
	return t, nil
}

// durationOf returns a parameter that is a positive duration, 0 when it is not given.
func durationOf(r *http.Request, name string) (time.Duration, error) {
	s := r.Form.Get(name)
	if s == "" {
		return 0, nil
	}
	d, err := parseDuration(s)
	if err != nil {
		return 0, badParameter(name, err)
	}
	if d <= 0 {
		return 0, badParameter(name, errors.New("it is not positive"))
	}
	return d, nil
}

// limitOf returns how many elements an answer may have; 0 for any number.
func limitOf(r *http.Request) (int, error) {
	s := r.Form.Get("limit")
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, badParameter("limit", errors.New("it is not a number of elements"))
	}
	return n, nil
}

// resolutionOf returns what Thanos calls max_source_resolution.
func resolutionOf(r *http.Request) (resolution, error) {
	const name = "max_source_resolution"
	switch s := r.Form.Get(name); s {
	case "", "auto":
		return auto, nil
	default:
		d, err := parseDuration(s)
		if err != nil || d < 0 {
			return auto, badParameter(name, fmt.Errorf("%q is neither auto nor a duration", s))
		}
		return resolution(d / time.Second), nil
	}
}

// spanOf returns the range of time that start and end ask for.
func spanOf(r *http.Request) (span, error) {
	start, err := timeOf(r, "start", minTime)
	if err != nil {
		return span{}, err
	}
	end, err := timeOf(r, "end", maxTime)
	if err != nil {
		return span{}, err
	}
	return span{first: start.Unix(), last: end.Unix()}, nil
}

// mostSelectors is how many selectors one request may have.
const mostSelectors = 100

// matchersOf returns the selectors of a request.
func (p *Prom) matchersOf(r *http.Request) ([][]*labels.Matcher, error) {
	given := r.Form["match[]"]
	if len(given) > mostSelectors {
		return nil, badParameter("match[]", fmt.Errorf("there are more than %d of them", mostSelectors))
	}
	sets, err := p.parser.ParseMetricSelectors(given)
	if err != nil {
		return nil, badParameter("match[]", err)
	}
	return sets, nil
}

// namedBy returns the labels of hosts that selectors name.
func namedBy(sets ...[]*labels.Matcher) map[string]struct{} {
	named := map[string]struct{}{}
	for _, set := range sets {
		for _, m := range set {
			if isHostLabel(m.Name) {
				named[m.Name] = struct{}{}
			}
		}
	}
	return named
}
