package receiver

import "foster/replication/wire"

// heads are the beginnings of the lines with which a child sends the values of a chart's dimensions: keyword, slot and id,
// up to the value. A child repeats them byte by byte, so that comparing saves splitting the line and looking the dimension up.
type heads struct {
	kind  blockKind // of the lines
	bytes []byte    // one behind the other, in the order of chart.dims
	ends  []uint32  // in bytes
}

// maxHeads bounds what the heads of one chart take; dimensions beyond it are looked up.
const maxHeads = 64 << 10

// cut returns what follows the head of the i-th dimension's line; ok is false when the line begins otherwise.
func (h *heads) cut(kind blockKind, i int, line []byte) (values []byte, ok bool) {
	if i >= len(h.ends) || kind != h.kind {
		return nil, false
	}
	start := uint32(0)
	if i > 0 {
		start = h.ends[i-1]
	}
	head := h.bytes[start:h.ends[i]]
	if len(line) < len(head) || string(line[:len(head)]) != string(head) {
		return nil, false
	}
	return line[len(head):], true
}

// learn keeps the head of the i-th dimension's line. The heads are learnt in order; one that has changed makes all be
// learnt anew.
func (h *heads) learn(kind blockKind, i int, head []byte) {
	if kind != h.kind || i < len(h.ends) {
		h.kind, h.bytes, h.ends = kind, h.bytes[:0], h.ends[:0]
	}
	if i != len(h.ends) || len(head) == 0 || len(h.bytes)+len(head) > maxHeads {
		return
	}
	h.bytes = append(h.bytes, head...)
	h.ends = append(h.ends, uint32(len(h.bytes)))
}

// known processes a line whose head is that of the dimension expected next; done is false when it is not.
func (s *session) known(line []byte) (done bool, err error) {
	c := s.chart
	values, ok := c.heads.cut(s.block.kind, c.next, line)
	if !ok {
		return false, nil
	}
	i := c.next
	c.next++
	switch s.block.kind {
	case stored:
		var v wire.Set2
		if !v.Scan(values) {
			s.words.Split(values)
			if err := s.words.Set2Values(&v, 0); err != nil {
				return true, err
			}
		}
		s.stage(i, v.Value, v.Collected, v.Flags)
	case collected:
		s.words.Split(values)
		var v wire.Set
		if err := s.words.SetValues(&v, 0); err != nil {
			return true, err
		}
		s.collect(i, &v)
	case replayed:
		var v wire.ReplaySet
		if !v.Scan(values) {
			s.words.Split(values)
			if err := s.words.ReplaySetValues(&v, 0); err != nil {
				return true, err
			}
		}
		s.stageReplayed(i, &v)
	}
	return true, nil
}
