package expr

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Lookup returns the value of a variable; ok is false when there is none of that name.
type Lookup func(name string) (value float64, ok bool)

// The ways in which an expression has no value.
var (
	ErrNotANumber   = errors.New("the result is not a number")
	ErrInfinite     = errors.New("the result is infinite")
	ErrDivideByZero = errors.New("division by zero")
)

// Eval evaluates the expression. A variable that is not known is NaN, which is no error by itself: comparisons of NaN are
// false. The error names the variables that were not known. With an error the value is NaN.
func (e *Expression) Eval(lookup Lookup) (float64, error) {
	s := state{lookup: lookup}
	v := e.root.eval(&s)
	err := s.err
	switch {
	case err != nil:
	case v != v:
		err = ErrNotANumber
	case math.IsInf(v, 0):
		err = ErrInfinite
	default:
		return v, nil
	}
	if len(s.unknown) > 0 {
		err = fmt.Errorf("%w; unknown: $%s", err, strings.Join(s.unknown, ", $"))
	}
	return math.NaN(), err
}

// True says whether a value counts as true: everything but zero and NaN does.
func True(v float64) bool { return v != 0 && v == v }

func fromBool(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// state is that of one evaluation.
type state struct {
	lookup  Lookup
	unknown []string
	err     error
}

// node is a part of an expression.
type node interface {
	eval(s *state) float64
	append(b []byte) []byte
}

type constant float64

func (c constant) eval(*state) float64 { return float64(c) }

func (c constant) append(b []byte) []byte {
	switch v := float64(c); {
	case v != v:
		return append(b, "nan"...)
	case math.IsInf(v, 0):
		return append(b, "inf"...)
	default:
		return strconv.AppendFloat(b, v, format(v), -1, 64)
	}
}

type reference string

func (r reference) eval(s *state) float64 {
	v, ok := s.lookup(string(r))
	if !ok {
		s.unknown = append(s.unknown, string(r))
		return math.NaN()
	}
	return v
}

func (r reference) append(b []byte) []byte {
	b = append(b, "${"...)
	b = append(b, r...)
	return append(b, '}')
}

// prefix is a sign, a negation or abs.
type prefix struct {
	op      token
	operand node
}

func (p *prefix) eval(s *state) float64 {
	v := p.operand.eval(s)
	switch p.op {
	case not:
		return fromBool(!True(v))
	case minus:
		return -v
	}
	return math.Abs(v)
}

func (p *prefix) append(b []byte) []byte {
	if p.op == abs {
		b = append(b, "abs("...)
		return append(p.operand.append(b), ')')
	}
	return p.operand.append(append(b, printed[p.op]...))
}

// choice is ?:.
type choice struct{ condition, yes, no node }

func (c *choice) eval(s *state) float64 {
	if True(c.condition.eval(s)) {
		return c.yes.eval(s)
	}
	return c.no.eval(s)
}

func (c *choice) append(b []byte) []byte {
	b = append(c.condition.append(append(b, '(')), " ? "...)
	b = append(c.yes.append(b), " : "...)
	return append(c.no.append(b), ')')
}

// operation is an operator between two values.
type operation struct {
	op          token
	left, right node
}

func (o *operation) append(b []byte) []byte {
	b = append(o.left.append(append(b, '(')), ' ')
	b = append(append(b, printed[o.op]...), ' ')
	return append(o.right.append(b), ')')
}

func (o *operation) eval(s *state) float64 {
	a := o.left.eval(s)
	if s.err != nil {
		return math.NaN()
	}
	switch o.op {
	case and:
		return fromBool(True(a) && True(o.right.eval(s)))
	case or:
		return fromBool(True(a) || True(o.right.eval(s)))
	}
	b := o.right.eval(s)
	switch o.op {
	case equal:
		return fromBool(same(a, b))
	case notEqual:
		return fromBool(!same(a, b))
	case less:
		return fromBool(a < b)
	case lessEqual:
		return fromBool(a <= b)
	case greater:
		return fromBool(a > b)
	case greaterEqual:
		return fromBool(a >= b)
	}
	return o.calculate(s, a, b)
}

// tolerance is how much equal numbers may differ.
const tolerance = 1e-7

func same(a, b float64) bool {
	switch {
	case a != a || b != b:
		return a != a && b != b
	case math.IsInf(a, 0) || math.IsInf(b, 0):
		return math.IsInf(a, 0) && math.IsInf(b, 0)
	}
	return math.Abs(a-b) < tolerance
}

// calculate applies arithmetic: NaN and infinity stay what they are.
func (o *operation) calculate(s *state, a, b float64) float64 {
	switch {
	case a != a || b != b:
		return math.NaN()
	case math.IsInf(a, 0) || math.IsInf(b, 0):
		return math.Inf(1)
	}
	switch o.op {
	case plus:
		return a + b
	case minus:
		return a - b
	case times:
		return a * b
	}
	if b == 0 {
		s.err = ErrDivideByZero
		return math.NaN()
	}
	if o.op == modulo {
		return math.Mod(a, b)
	}
	return a / b
}

// format returns how a number is printed: with an exponent only when it were long otherwise.
func format(v float64) byte {
	if a := math.Abs(v); a != 0 && (a < 1e-7 || a >= 1e21) {
		return 'g'
	}
	return 'f'
}
