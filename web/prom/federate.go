package prom

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"foster/replication/wire"
)

// federate answers with the newest value of each series that matches, in the text format, for a Prometheus to scrape.
func (p *Prom) federate(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	sets, err := p.matchersOf(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	now := p.opt.Now().Unix()
	found, err := p.union(r.Context(), sets, span{first: now - int64(lookback.Seconds()), last: now})
	if err != nil {
		http.Error(w, err.Error(), kindOf(err).status)
		return
	}
	// Those of one metric belong together; in the order of labels a name in capitals could come before them.
	slices.SortStableFunc(found, func(a, b series) int {
		return strings.Compare(a.labels.Get(labelName), b.labels.Get(labelName))
	})
	out := p.body(w, r, "text/plain; version=0.0.4; charset=utf-8", http.StatusOK)
	var b []byte
	last := ""
	for i := range found {
		s := &found[i]
		t, v, flags := s.dimension.Last()
		if t == 0 || flags&wire.Empty != 0 || t+staleAfter(s.dimension.Chart.UpdateEvery()) <= now {
			continue
		}
		if name := s.labels.Get(labelName); name != last {
			last = name
			b = append(b, "# TYPE "...)
			b = append(b, name...)
			b = append(b, " gauge\n"...)
		}
		b = appendSample(b, s.labels, t*1000, stored(v))
		if len(b) >= flushAt {
			if _, err := out.Write(b); err != nil {
				return // the client is gone
			}
			b = b[:0]
		}
	}
	if _, err := out.Write(b); err == nil {
		_ = out.Close() // a client that is gone needs no answer
	}
}

// stored returns a value as the store keeps it, so that all ways of reading give the same.
func stored(v float64) float64 {
	if math.Abs(v) > math.MaxFloat32 {
		return math.Copysign(math.MaxFloat32, v)
	}
	return float64(float32(v))
}

// appendSample appends a line of the text format.
func appendSample(b []byte, ls labels.Labels, ms int64, v float64) []byte {
	b = append(b, ls.Get(labelName)...)
	b = append(b, '{')
	first := true
	ls.Range(func(l labels.Label) {
		if l.Name == labelName {
			return
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, l.Name...)
		b = append(b, '=', '"')
		for i := range len(l.Value) {
			switch c := l.Value[i]; c {
			case '\\', '"':
				b = append(b, '\\', c)
			case '\n':
				b = append(b, '\\', 'n')
			default:
				b = append(b, c)
			}
		}
		b = append(b, '"')
	})
	b = append(b, '}', ' ')
	b = strconv.AppendFloat(b, v, 'g', -1, 64)
	b = append(b, ' ')
	b = strconv.AppendInt(b, ms, 10)
	return append(b, '\n')
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
