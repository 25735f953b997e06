package api

import (
	"foster/storage/query"
)

// summary2 writes what the query found in its scope.
func (rp *reply) summary2(ans *answer2, k keys, minimal bool) {
	s := &ans.summary
	w := summaryWriter{reply: rp, ans: ans, keys: k, minimal: minimal}
	rp.keyOpen("summary", '{')
	w.list("nodes", &s.nodes, w.node)
	w.list("contexts", &s.contexts, func(it *item) {
		rp.keyString("id", it.id)
		w.counts("is", it.instances)
		w.counts("ds", it.dimensions)
		w.stats(it)
	})
	w.list("instances", &s.instances, func(it *item) {
		w.identity(it)
		rp.keyInt(k.of("ni"), int64(it.node))
		if it.stats.Count > 0 {
			rp.keyNumber(k.of("con"), share(it.volume, s.total))
		}
		w.counts("ds", it.dimensions)
		w.stats(it)
	})
	w.list("dimensions", &s.dimensions, func(it *item) {
		w.identity(it)
		w.counts("ds", it.dimensions)
		w.stats(it)
		rp.keyInt(k.of("pri"), int64(it.priority))
	})
	w.list("labels", &s.labels, func(it *item) {
		rp.keyString("id", it.id)
		w.counts("ds", it.dimensions)
		w.stats(it)
		w.list(k.of("vl"), &it.values, func(it *item) {
			rp.keyString("id", it.id)
			w.counts("ds", it.dimensions)
			w.stats(it)
		})
	})
	rp.keyOpen("alerts", '[')
	rp.close(']')
	if ans.options.Has(query.Raw) {
		all := item{}
		for _, it := range s.nodes.list {
			all.stats.Merge(it.stats)
			all.volume += it.volume
		}
		rp.keyOpen("globals", '{')
		w.stats(&all)
		rp.close('}')
	}
	rp.close('}')
}

// summaryWriter writes the lines of a summary.
type summaryWriter struct {
	*reply
	ans     *answer2
	keys    keys
	minimal bool
}

func (w *summaryWriter) list(key string, l *items, write func(*item)) {
	w.keyOpen(key, '[')
	for _, it := range l.list {
		w.open('{')
		write(it)
		w.close('}')
	}
	w.close(']')
}

func (w *summaryWriter) identity(it *item) {
	w.keyString("id", it.id)
	if it.name != it.id {
		w.keyString(w.keys.of("nm"), it.name)
	}
}

func (w *summaryWriter) node(it *item) {
	w.keyString(w.keys.of("mg"), it.id)
	if id := it.host.Info().NodeID; id != "" {
		w.keyString(w.keys.of("nd"), id)
	}
	if w.keys.long {
		w.keyString("hostname", it.name)
	} else {
		w.keyString("nm", it.name)
	}
	w.keyInt(w.keys.of("ni"), int64(it.node))
	if !w.minimal {
		w.keyOpen(w.keys.of("st"), '{')
		w.keyInt(w.keys.of("ai"), 0)
		w.keyInt("code", 200)
		w.keyString("msg", "")
		w.close('}')
	}
	w.counts("is", it.instances)
	w.counts("ds", it.dimensions)
	w.stats(it)
}

// counts writes a tally without its zeros.
func (w *summaryWriter) counts(key string, t tally) {
	if !w.minimal {
		w.tally(w.keys.of(key), t, w.keys)
	}
}

func (rp *reply) tally(key string, t tally, k keys) {
	if t == (tally{}) {
		return
	}
	rp.keyOpen(key, '{')
	for _, c := range [...]struct {
		key string
		n   int
	}{{"sl", t.selected}, {"ex", t.excluded}, {"qr", t.queried}, {"fl", t.failed}} {
		if c.n > 0 {
			rp.keyInt(k.of(c.key), int64(c.n))
		}
	}
	rp.close('}')
}

// stats writes the figures of a line; there are none of what was not read.
func (w *summaryWriter) stats(it *item) {
	s := &it.stats
	if s.Count == 0 {
		return
	}
	w.keyOpen(w.keys.of("sts"), '{')
	w.keyNumber("min", s.Min)
	w.keyNumber("max", s.Max)
	if w.ans.options.Has(query.Raw) {
		w.keyInt(w.keys.of("cnt"), int64(s.Count))
		w.keyNumber("sum", s.Sum)
		w.keyNumber(w.keys.of("vol"), it.volume*float64(w.ans.Step()))
		w.keyInt(w.keys.of("arc"), int64(s.Anomalous))
	} else {
		w.keyNumber("avg", s.Mean())
		w.keyNumber(w.keys.of("arp"), s.AnomalyRate())
		w.keyNumber(w.keys.of("con"), share(it.volume, w.ans.summary.total))
	}
	w.close('}')
}

// totals2 writes how many things of each kind there are.
func (rp *reply) totals2(s *summary, k keys) {
	var values tally
	for _, label := range s.labels.list {
		values.add(label.values.total())
	}
	rp.keyOpen("totals", '{')
	rp.tally("nodes", s.nodes.total(), k)
	rp.tally("contexts", s.contexts.total(), k)
	rp.tally("instances", s.instances.total(), k)
	rp.tally("dimensions", s.dimensions.total(), k)
	rp.tally("label_keys", s.labels.total(), k)
	rp.tally("label_key_values", values, k)
	rp.close('}')
}
