package tier

import (
	"bytes"
	"strings"
)

// key identifies a dimension of a chart of a host.
type key struct{ guid, chart, dimension string }

// The keys of a block are in the order of their bytes: host, chart, dimension, each ended by two bytes that are less than
// whatever can be within them, so that what belongs together is together.
const (
	keyEnd    = "\x00\x01"
	keyEscape = "\x00\xff" // stands for a zero byte
)

func appendKeyField(b []byte, field string) []byte {
	for i := range len(field) {
		if field[i] == 0 {
			b = append(b, keyEscape...)
			continue
		}
		b = append(b, field[i])
	}
	return append(b, keyEnd...)
}

func appendKey(b []byte, k key) []byte {
	return appendKeyField(appendKeyField(appendKeyField(b, k.guid), k.chart), k.dimension)
}

// hostPrefix returns what the keys of a host begin with, and chartPrefix those of a chart.
func hostPrefix(guid string) []byte { return appendKeyField(nil, guid) }

func chartPrefix(guid, chart string) []byte { return appendKeyField(hostPrefix(guid), chart) }

// cutField returns the first field of a key, and what follows it.
func cutField(k []byte) (field string, rest []byte, err error) {
	before, rest, ok := bytes.Cut(k, []byte(keyEnd))
	if !ok {
		return "", nil, errCorrupt
	}
	return strings.ReplaceAll(string(before), keyEscape, "\x00"), rest, nil
}

func parseKey(b []byte) (k key, err error) {
	if k.guid, b, err = cutField(b); err != nil {
		return key{}, err
	}
	if k.chart, b, err = cutField(b); err != nil {
		return key{}, err
	}
	k.dimension, b, err = cutField(b)
	if err == nil && len(b) > 0 {
		err = errCorrupt
	}
	return k, err
}
