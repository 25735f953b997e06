package api

import (
	"math"
	"strconv"
	"strings"
)

// The colours of badges that are not given.
const (
	labelColor  = "#555"
	valueColor  = "#4c1"
	emptyColor  = "#999"
	otherColor  = "#555" // of a name that is none
	textColor   = "#fff"
	shadowColor = "#010101"
)

// colorNames are the colours that have names.
var colorNames = map[string]string{
	"brightgreen": "#4c1",
	"green":       "#97CA00",
	"yellow":      "#dfb317",
	"yellowgreen": "#a4a61d",
	"orange":      "#fe7d37",
	"red":         "#e05d44",
	"blue":        "#007ec6",
	"grey":        "#555",
	"gray":        "#555",
	"lightgrey":   "#9f9f9f",
	"lightgray":   "#9f9f9f",
}

// parseColor returns the colour for a name or for three or six hexadecimal digits; otherwise when s is empty.
func parseColor(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	if c, ok := colorNames[s]; ok {
		return c
	}
	if len(s) != 3 && len(s) != 6 {
		return otherColor
	}
	for i := range len(s) {
		if unhex(s[i]) < 0 {
			return otherColor
		}
	}
	return "#" + s
}

// colorOperators are the ways to write a comparison in a rule, the longer ones first. Brackets stand for < and >, which
// have to be escaped in addresses.
var colorOperators = []struct {
	text string
	op   string
}{
	{"<=", "<="}, {"(=", "<="}, {"{=", "<="}, {">=", ">="}, {")=", ">="}, {"}=", ">="},
	{"<>", "!="}, {"()", "!="}, {"{}", "!="}, {"!=", "!="}, {"!:", "!="},
	{"<", "<"}, {"(", "<"}, {"{", "<"}, {">", ">"}, {")", ">"}, {"}", ">"}, {"=", "="}, {":", "="}, {"!", "!="},
}

// ruleColor returns the colour that rules give to a value, which is NaN for none: the first rule that holds decides. Rules
// are written color<operand|color>operand|…|color, where the operand is a number or null.
func ruleColor(rules string, v float64, otherwise string) string {
	for rule := range strings.SplitSeq(rules, "|") {
		i := strings.IndexAny(rule, "<>=:!(){}")
		if i < 0 {
			if rule == "" {
				continue
			}
			return parseColor(rule, otherwise)
		}
		color, condition := rule[:i], rule[i:]
		for _, o := range colorOperators {
			if operand, found := strings.CutPrefix(condition, o.text); found {
				if holds(v, o.op, operand) {
					return parseColor(color, otherwise)
				}
				break
			}
		}
	}
	return otherwise
}

// holds says whether the comparison is true. Nothing but null is equal to a value that is not there.
func holds(v float64, op, operand string) bool {
	if operand == "null" {
		return math.IsNaN(v) == (op == "=") && (op == "=" || op == "!=")
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(operand), 64)
	if err != nil {
		n = float64(leadingInt(operand))
	}
	switch op {
	case "<":
		return v < n
	case "<=":
		return v <= n
	case ">":
		return v > n
	case ">=":
		return v >= n
	case "=":
		return v == n
	}
	return !math.IsNaN(v) && v != n
}
