package prom

import (
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// appendString appends s as a JSON string.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' || c >= utf8.RuneSelf {
			quoted, err := json.Marshal(s)
			if err != nil { // a string always has a form
				return append(b, `""`...)
			}
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// appendTime appends unix milliseconds as seconds.
func appendTime(b []byte, ms int64) []byte {
	if ms < 0 {
		b = append(b, '-')
		ms = -ms
	}
	b = strconv.AppendInt(b, ms/1000, 10)
	if part := ms % 1000; part != 0 {
		b = append(b, '.', byte('0'+part/100), byte('0'+part/10%10), byte('0'+part%10))
	}
	return b
}

// appendValue appends a value, which is a string in JSON: it may be infinite, or no number.
func appendValue(b []byte, v float64) []byte {
	b = append(b, '"')
	format := byte('f')
	if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	b = strconv.AppendFloat(b, v, format, -1, 64)
	return append(b, '"')
}

func appendPoint(b []byte, ms int64, v float64) []byte {
	b = append(b, '[')
	b = appendTime(b, ms)
	b = append(b, ',')
	b = appendValue(b, v)
	return append(b, ']')
}

// appendLabels appends labels as an object.
func appendLabels(b []byte, ls labels.Labels) []byte {
	b = append(b, '{')
	first := true
	ls.Range(func(l labels.Label) {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendString(b, l.Name)
		b = append(b, ':')
		b = appendString(b, l.Value)
	})
	return append(b, '}')
}

// resultWriter writes what a query has returned. It keeps no more than a little of it in memory.
type resultWriter struct {
	b     []byte
	write func([]byte) error
}

// flushAt is how many bytes are written at once.
const flushAt = 32 << 10

func (w *resultWriter) flush(least int) error {
	if len(w.b) < least {
		return nil
	}
	err := w.write(w.b)
	w.b = w.b[:0]
	return err
}

// result writes a value as the member "data" has it, without its closing brace.
func (w *resultWriter) result(v parser.Value) error {
	w.b = append(w.b, `{"resultType":`...)
	w.b = appendString(w.b, string(v.Type()))
	w.b = append(w.b, `,"result":`...)
	switch v := v.(type) {
	case promql.Matrix:
		return w.matrix(v)
	case promql.Vector:
		return w.vector(v)
	case promql.Scalar:
		w.b = appendPoint(w.b, v.T, v.V)
	case promql.String:
		w.b = append(w.b, '[')
		w.b = appendTime(w.b, v.T)
		w.b = append(w.b, ',')
		w.b = appendString(w.b, v.V)
		w.b = append(w.b, ']')
	}
	return nil
}

// matrix writes series of points. There are no histograms in the store, and none come out of a query.
func (w *resultWriter) matrix(m promql.Matrix) error {
	w.b = append(w.b, '[')
	for i, s := range m {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = append(w.b, `{"metric":`...)
		w.b = appendLabels(w.b, s.Metric)
		w.b = append(w.b, `,"values":[`...)
		for j, p := range s.Floats {
			if j > 0 {
				w.b = append(w.b, ',')
			}
			w.b = appendPoint(w.b, p.T, p.F)
			if err := w.flush(flushAt); err != nil {
				return err
			}
		}
		w.b = append(w.b, ']', '}')
	}
	w.b = append(w.b, ']')
	return nil
}

func (w *resultWriter) vector(v promql.Vector) error {
	w.b = append(w.b, '[')
	for i, s := range v {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = append(w.b, `{"metric":`...)
		w.b = appendLabels(w.b, s.Metric)
		w.b = append(w.b, `,"value":`...)
		w.b = appendPoint(w.b, s.T, s.F)
		w.b = append(w.b, '}')
		if err := w.flush(flushAt); err != nil {
			return err
		}
	}
	w.b = append(w.b, ']')
	return nil
}
