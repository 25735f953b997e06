package wire

import (
	"bytes"
	"strings"
)

// Chart is CHART: the definition of a chart. Strings are copies.
type Chart struct {
	Slot        int
	ID          string // type.id
	Name        string // type.name, empty when the chart has no name but its id
	Title       string
	Units       string
	Family      string
	Context     string
	Type        string // line, area, stacked, heatmap
	Priority    int
	UpdateEvery int64 // seconds; 0 when not told
	Obsolete    bool
	Detail      bool
	Hidden      bool
	StoreFirst  bool
	Plugin      string
	Module      string
}

// Chart decodes a CHART line and fills in the defaults of an agent (netdata v2.11.0 src/plugins.d/pluginsd_parser.c).
func (w *Words) Chart() (Chart, error) {
	slot, i := w.slot()
	c := Chart{
		Slot:    slot,
		ID:      w.Text(i),
		Title:   w.display(i + 2),
		Units:   w.display(i + 3),
		Family:  w.display(i + 4),
		Context: w.display(i + 5),
		Type:    w.display(i + 6),
		Plugin:  w.display(i + 10),
		Module:  w.display(i + 11),
	}
	dot := strings.IndexByte(c.ID, '.')
	switch {
	case c.ID == "":
		return c, ErrMissingWord
	case dot <= 0 || dot == len(c.ID)-1:
		return c, ErrNoDot
	case len(c.ID) > MaxID:
		return c, ErrTooLong
	}
	typ := c.ID[:dot]
	c.Name = chartName(typ, c.ID, w.Text(i+1))
	if c.Family == "" {
		c.Family = typ
	}
	if c.Context == "" {
		c.Context = c.ID
	}
	if c.Units == "" {
		c.Units = "unknown"
	}
	switch c.Type {
	case "area", "stacked", "heatmap":
	default:
		c.Type = "line"
	}
	priority, _ := ParseInt(w.Word(i + 7))
	if priority <= 0 || priority > 1<<31 {
		priority = 1000
	}
	c.Priority = int(priority)
	if ue, ok := ParseInt(w.Word(i + 8)); ok && ue > 0 && ue <= MaxUpdateEvery {
		c.UpdateEvery = ue
	}
	options := w.Word(i + 9)
	c.Obsolete = bytes.Contains(options, []byte("obsolete"))
	c.Detail = bytes.Contains(options, []byte("detail"))
	c.Hidden = bytes.Contains(options, []byte("hidden"))
	c.StoreFirst = bytes.Contains(options, []byte("store_first"))
	return c, nil
}

// MaxUpdateEvery is the longest collection interval accepted, in seconds.
const MaxUpdateEvery = 86400

// chartName returns the full name of a chart: type.name with all but letters, digits, '.', '_' and '-' replaced, or ""
// when the chart has none of its own.
func chartName(typ, id, name string) string {
	if name == "" || name == "NULL" || name == "(NULL)" || name == id {
		return ""
	}
	if name = strings.TrimPrefix(name, typ+"."); name == "" {
		return ""
	}
	full := typ + "." + strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			return r
		}
		return '_'
	}, name)
	if full == id || len(full) > MaxID {
		return ""
	}
	return full
}

// Algorithm says how collected values become stored ones.
type Algorithm uint8

// The algorithms.
const (
	Absolute Algorithm = iota
	Incremental
	PercentageOfAbsoluteRow
	PercentageOfIncrementalRow
)

// ParseAlgorithm returns the algorithm of that name; unknown names are absolute.
func ParseAlgorithm(name string) Algorithm {
	switch name {
	case "incremental":
		return Incremental
	case "percentage-of-absolute-row":
		return PercentageOfAbsoluteRow
	case "percentage-of-incremental-row":
		return PercentageOfIncrementalRow
	}
	return Absolute
}

// String returns the name used on the wire.
func (a Algorithm) String() string {
	switch a {
	case Incremental:
		return "incremental"
	case PercentageOfAbsoluteRow:
		return "percentage-of-absolute-row"
	case PercentageOfIncrementalRow:
		return "percentage-of-incremental-row"
	}
	return "absolute"
}

// Dimension is DIMENSION: the definition of a dimension. Strings are copies.
type Dimension struct {
	Slot       int
	ID         string
	Name       string
	Multiplier int64
	Divisor    int64
	Algorithm  Algorithm
	Obsolete   bool
	Hidden     bool
	NoReset    bool // neither resets nor overflows are marked
	Float      bool // collected values are doubles
}

// Dimension decodes a DIMENSION line.
func (w *Words) Dimension() (Dimension, error) {
	slot, i := w.slot()
	d := Dimension{Slot: slot, ID: w.Text(i), Name: w.display(i + 1), Algorithm: ParseAlgorithm(w.Text(i + 2))}
	switch {
	case d.ID == "":
		return d, ErrMissingWord
	case len(d.ID) > MaxID:
		return d, ErrTooLong
	}
	if d.Name == "" {
		d.Name = d.ID
	}
	d.Multiplier, _ = ParseInt(w.Word(i + 3))
	d.Divisor, _ = ParseInt(w.Word(i + 4))
	if d.Multiplier == 0 {
		d.Multiplier = 1
	}
	if d.Divisor == 0 {
		d.Divisor = 1
	}
	options := w.Word(i + 5)
	d.Obsolete = bytes.Contains(options, []byte("obsolete"))
	d.Hidden = bytes.Contains(options, []byte("hidden"))
	d.NoReset = bytes.Contains(options, []byte("noreset")) || bytes.Contains(options, []byte("nooverflow"))
	d.Float = bytes.Contains(options, []byte("type=float"))
	return d, nil
}

// Label is LABEL or CLABEL. Strings are copies.
type Label struct {
	Name   string
	Value  string
	Source LabelSource
}

// LabelSource says where a label comes from.
type LabelSource uint8

// The sources; a label can have several.
const (
	LabelAuto   LabelSource = 1
	LabelConfig LabelSource = 2
	LabelK8s    LabelSource = 4
	LabelCloud  LabelSource = 8
)

func parseLabelSource(b []byte) LabelSource {
	n, _ := ParseInt(b)
	return LabelSource(n & 0x0f)
}

// HostLabel decodes LABEL name source value. Agents before v1.34 do not quote the value: its words are joined.
func (w *Words) HostLabel() (Label, error) {
	if w.n < 4 {
		return Label{}, ErrMissingWord
	}
	l := Label{Name: w.Text(1), Source: parseLabelSource(w.Word(2)), Value: labelValue(displayed(bytes.Join(w.words[3:w.n], []byte(" "))))}
	return l, l.check()
}

// ChartLabel decodes CLABEL name value source.
func (w *Words) ChartLabel() (Label, error) {
	if w.n < 3 {
		return Label{}, ErrMissingWord
	}
	l := Label{Name: w.Text(1), Value: labelValue(w.display(2)), Source: parseLabelSource(w.Word(3))}
	return l, l.check()
}

// labelValue returns the value of a label without the quotes that Netdata does not keep in one (v2.11.0, measured).
func labelValue(s string) string {
	if !strings.ContainsAny(s, "'\"") {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r == '\'' || r == '"' {
			return '_'
		}
		return r
	}, s)
}

func (l Label) check() error {
	switch {
	case l.Name == "":
		return ErrMissingWord
	case len(l.Name) > MaxID:
		return ErrTooLong
	}
	return nil
}

// Variable is VARIABLE: a number for health expressions.
type Variable struct {
	Host  bool // of the host; else of the chart in scope
	Local bool // the line said CHART or LOCAL
	Name  string
	Value float64
}

// Variable decodes a VARIABLE line. Without a scope word neither Host nor Local is set.
func (w *Words) Variable() (Variable, error) {
	var v Variable
	i := 1
	switch string(w.Word(1)) {
	case "GLOBAL", "HOST":
		v.Host, i = true, 2
	case "LOCAL", "CHART":
		v.Local, i = true, 2
	}
	v.Name = w.Text(i)
	if v.Name == "" || w.n < i+2 {
		return v, ErrMissingWord
	}
	if len(v.Name) > MaxID {
		return v, ErrTooLong
	}
	var ok bool
	if v.Value, ok = ParseFloat(w.Word(i + 1)); !ok {
		return v, ErrBadNumber
	}
	return v, nil
}

// DefinitionEnd is CHART_DEFINITION_END: the history the child has of a chart, in unix seconds of its clock. All are 0
// when not told.
type DefinitionEnd struct {
	First, Last, Wall int64
}

// DefinitionEnd decodes a CHART_DEFINITION_END line.
func (w *Words) DefinitionEnd() DefinitionEnd {
	var d DefinitionEnd
	d.First, _ = ParseInt(w.Word(1))
	d.Last, _ = ParseInt(w.Word(2))
	d.Wall, _ = ParseInt(w.Word(3))
	return d
}

// Function is FUNCTION: a function a child offers. Strings are copies.
type Function struct {
	Global  bool // of the host; else of the chart in scope
	Name    string
	Timeout int64 // seconds
	Help    string
	Tags    string
	Access  uint64 // bits
	// Priority orders functions; Version is that of the function.
	Priority, Version int64
}

// Function decodes a FUNCTION line of a child.
func (w *Words) Function() (Function, error) {
	var f Function
	i := 1
	if string(w.Word(1)) == "GLOBAL" {
		f.Global, i = true, 2
	}
	if w.n < i+3 || len(w.Word(i)) == 0 {
		return f, ErrMissingWord
	}
	f.Name, f.Help, f.Tags = w.Text(i), w.display(i+2), w.display(i+3)
	if len(f.Name) > MaxID {
		return f, ErrTooLong
	}
	f.Timeout, _ = ParseInt(w.Word(i + 1))
	access, _ := ParseInt(w.Word(i + 4))
	f.Access = uint64(access)
	f.Priority, _ = ParseInt(w.Word(i + 5))
	f.Version, _ = ParseInt(w.Word(i + 6))
	return f, nil
}

// FunctionDel decodes FUNCTION_DEL: the name of a function withdrawn, and whether it was one of the host.
func (w *Words) FunctionDel() (name string, global bool) {
	if string(w.Word(1)) == "GLOBAL" {
		return w.Text(2), true
	}
	return w.Text(1), false
}

// Text returns a copy of the i-th word, empty when there are fewer.
func (w *Words) Text(i int) string { return string(w.Word(i)) }

// display returns a copy of a word that is shown and never looked up: valid UTF-8 without control characters, and not
// longer than MaxID, so that what a peer can make us remember is bounded by the number of its definitions.
func (w *Words) display(i int) string { return displayed(w.Word(i)) }

func displayed(b []byte) string {
	if len(b) > MaxID {
		b = b[:MaxID]
	}
	return cleanValue(string(b))
}
