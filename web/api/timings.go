package api

import "time"

// timings are how long the parts of a query took.
type timings struct {
	started               time.Time
	preparation, querying time.Duration
}

func startTimings() timings { return timings{started: time.Now()} }

func (t *timings) prepared() { t.preparation = time.Since(t.started) }

func (t *timings) queried() { t.querying = time.Since(t.started) - t.preparation }

// timings writes what took how long, in milliseconds.
func (rp *reply) timings(t *timings) {
	total := time.Since(t.started)
	rp.keyOpen("timings", '{')
	for _, part := range [...]struct {
		key  string
		took time.Duration
	}{
		{"prep_ms", t.preparation},
		{"query_ms", t.querying},
		{"output_ms", total - t.preparation - t.querying},
		{"total_ms", total},
		{"cloud_ms", total},
	} {
		rp.keyNumber(part.key, float64(part.took.Microseconds())/1000)
	}
	rp.close('}')
}

// milliseconds returns how long the query has taken until now.
func (t *timings) milliseconds() float64 { return float64(time.Since(t.started).Microseconds()) / 1000 }
