package api

import (
	"foster/storage/catalog"
	"foster/storage/query"
)

// tally counts what a query did with things of a kind.
type tally struct{ selected, excluded, queried, failed int }

func (t *tally) add(o tally) {
	t.selected += o.selected
	t.excluded += o.excluded
	t.queried += o.queried
	t.failed += o.failed
}

// one returns the tally of a thing whose parts have this one.
func (t tally) one() tally {
	switch {
	case t.selected > 0:
		return tally{selected: 1, queried: min(1, t.queried), failed: min(1, t.failed)}
	case t.excluded > 0:
		return tally{excluded: 1}
	}
	return tally{}
}

// item is a line of the summary.
type item struct {
	id, name   string
	node       int // index of the node, of instances
	host       *catalog.Host
	instances  tally
	dimensions tally
	stats      query.Stats // of absolute values
	volume     float64     // sum of the absolute sums
	priority   int
	values     items // of a label
}

// items are lines of one kind in the order in which they were found.
type items struct {
	list []*item
	byID map[string]*item
}

// of returns the line with that id, which is made when it is new.
func (l *items) of(id string) *item {
	if it := l.byID[id]; it != nil {
		return it
	}
	if l.byID == nil {
		l.byID = map[string]*item{}
	}
	it := &item{id: id, name: id}
	l.byID[id] = it
	l.list = append(l.list, it)
	return it
}

// total counts the lines.
func (l *items) total() (t tally) {
	for _, it := range l.list {
		t.add(it.dimensions.one())
	}
	return t
}

// summary tells what a query found in its scope, and what it did with it.
type summary struct {
	nodes, contexts, instances, dimensions, labels items

	title string  // of the contexts, see mergeText
	total float64 // volume of all
}

// add adds a chart with the columns of its selected dimensions.
func (s *summary) add(c *scoped, columns []query.Column) {
	ch, def := c.chart, c.chart.Def()
	node := s.nodes.of(c.node.GUID)
	if node.host == nil {
		node.host, node.name, node.node = c.node, c.node.Info().Hostname, len(s.nodes.list)-1
	}
	context := s.contexts.of(def.Context)
	instance := s.instances.of(ch.ID + "@" + c.node.GUID)
	instance.id, instance.name, instance.node = ch.ID, ch.Name(), node.node
	lines := []*item{node, context, instance}
	labels := len(lines)
	for name, value := range chartLabels(ch) {
		key := s.labels.of(name)
		lines = append(lines, key, key.values.of(value))
	}

	count := tally{selected: len(c.selected), excluded: len(c.excluded), queried: len(columns)}
	for _, it := range lines {
		it.dimensions.add(count)
	}
	for _, it := range lines[:labels-1] {
		it.instances.add(count.one())
	}
	for i, d := range c.selected {
		line := s.dimension(d)
		line.dimensions.add(tally{selected: 1})
		if i >= len(columns) {
			continue
		}
		line.dimensions.queried++
		stats := columns[i].Stats
		stats.Absolute()
		s.total += stats.Sum
		line.merge(stats)
		for _, it := range lines {
			it.merge(stats)
		}
	}
	for _, d := range c.excluded {
		s.dimension(d).dimensions.excluded++
	}
}

func (s *summary) dimension(d scopedDimension) *item {
	name := d.Def().Name
	known := s.dimensions.byID[name] != nil
	it := s.dimensions.of(name)
	if !known || d.place < it.priority {
		it.priority = d.place
	}
	return it
}

func (it *item) merge(stats query.Stats) {
	it.stats.Merge(stats)
	it.volume += stats.Sum
}
