package query

import "strings"

// Condition is what CountIf counts: values that compare with Operand as Relation says. The zero value is "equal to 0".
type Condition struct {
	Relation Relation
	Operand  float64
}

// Relation is a comparison.
type Relation uint8

// The comparisons.
const (
	Equal Relation = iota
	NotEqual
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
)

// relations are what a condition may begin with, longer ones first.
var relations = [...]struct {
	text     string
	relation Relation
}{
	{"<>", NotEqual}, {"!=", NotEqual}, {"!:", NotEqual}, {"<=", LessOrEqual}, {"<:", LessOrEqual}, {">=", GreaterOrEqual}, {">:", GreaterOrEqual},
	{"==", Equal}, {"=", Equal}, {":", Equal}, {"!", NotEqual}, {"<", Less}, {">", Greater},
}

// ParseCondition reads a condition as the option of countif has it: a comparison, = when there is none, and a number, 0
// when there is none.
func ParseCondition(s string) Condition {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	var c Condition
	for _, r := range relations {
		if rest, ok := strings.CutPrefix(s, r.text); ok {
			c.Relation, s = r.relation, rest
			break
		}
	}
	c.Operand = leadingNumber(s)
	return c
}

// Holds says whether the condition holds for v.
func (c Condition) Holds(v float64) bool {
	switch c.Relation {
	case NotEqual:
		return v != c.Operand
	case Less:
		return v < c.Operand
	case LessOrEqual:
		return v <= c.Operand
	case Greater:
		return v > c.Operand
	case GreaterOrEqual:
		return v >= c.Operand
	}
	return v == c.Operand
}
