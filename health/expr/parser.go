package expr

import (
	"errors"
	"slices"
)

// Limits of an expression. Agents read at most 4,096 bytes.
const (
	maxLength = 4096
	maxDepth  = 200
)

// Expression is a parsed expression. It may be used from any goroutine.
type Expression struct {
	text      string
	root      node
	variables []string
}

// Parse parses an expression. The error is a *SyntaxError where the text is wrong.
func Parse(text string) (*Expression, error) {
	if len(text) > maxLength {
		return nil, errors.New("the expression is longer than 4096 bytes")
	}
	p := parser{lexer: lexer{text: text}}
	if err := p.advance(); err != nil {
		return nil, err
	}
	root, err := p.conditional()
	if err != nil {
		return nil, err
	}
	if p.token != end {
		return nil, p.unexpected()
	}
	slices.Sort(p.variables)
	return &Expression{text: text, root: root, variables: slices.Compact(p.variables)}, nil
}

// Text returns what was parsed.
func (e *Expression) Text() string { return e.text }

// String returns the expression with all parentheses, as it is understood.
func (e *Expression) String() string { return string(e.root.append(nil)) }

// Variables returns the names of the variables, each once, in order. The list must not be changed.
func (e *Expression) Variables() []string { return e.variables }

// parser parses by precedence.
type parser struct {
	lexer
	depth     int
	variables []string
}

// precedence of the operators between two values, 0 for other tokens. Those of one level are grouped from the left; and & or
// are one level.
func precedence(t token) int {
	switch t {
	case and, or:
		return 1
	case equal, notEqual:
		return 2
	case less, lessEqual, greater, greaterEqual:
		return 3
	case plus, minus:
		return 4
	case times, divide, modulo:
		return 5
	}
	return 0
}

func (p *parser) enter() error {
	if p.depth++; p.depth > maxDepth {
		return p.errorf("more than %d levels", maxDepth)
	}
	return nil
}

// conditional parses c ? a : b, which binds weaker than any operator and is grouped from the right.
func (p *parser) conditional() (node, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	condition, err := p.binary(1)
	if err != nil || p.token != question {
		return condition, err
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	yes, err := p.conditional()
	if err != nil {
		return nil, err
	}
	if p.token != colon {
		return nil, p.errorf("? without :")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	no, err := p.conditional()
	if err != nil {
		return nil, err
	}
	return &choice{condition, yes, no}, nil
}

// binary parses operators of at least that level.
func (p *parser) binary(level int) (node, error) {
	left, err := p.unary()
	for err == nil {
		op := p.token
		own := precedence(op)
		if own == 0 || own < level {
			return left, nil
		}
		if err = p.advance(); err != nil {
			break
		}
		var right node
		if right, err = p.binary(own + 1); err != nil {
			break
		}
		if left, err = p.grouped(&operation{op, left, right}); err != nil {
			break
		}
	}
	return nil, err
}

// grouped counts a level that grows to the left: evaluating goes as deep.
func (p *parser) grouped(o *operation) (node, error) {
	if depthOf(o.left) >= maxDepth {
		return nil, p.errorf("more than %d operators in a row", maxDepth)
	}
	return o, nil
}

func depthOf(n node) (depth int) {
	for {
		o, ok := n.(*operation)
		if !ok {
			return depth
		}
		n = o.left
		depth++
	}
}

// unary parses signs, negations and what they apply to.
func (p *parser) unary() (node, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	switch op := p.token; op {
	case not, minus, plus:
		if err := p.advance(); err != nil {
			return nil, err
		}
		operand, err := p.unary()
		if err != nil || op == plus {
			return operand, err
		}
		return &prefix{op, operand}, nil
	case abs:
		if err := p.advance(); err != nil {
			return nil, err
		}
		if p.token != open {
			return nil, p.errorf("abs without parentheses")
		}
		operand, err := p.group()
		if err != nil {
			return nil, err
		}
		return &prefix{abs, operand}, nil
	case open:
		return p.group()
	case number:
		n := constant(p.value)
		return n, p.advance()
	case variable:
		p.variables = append(p.variables, p.name)
		n := reference(p.name)
		return n, p.advance()
	}
	return nil, p.unexpected()
}

// group parses an expression in parentheses.
func (p *parser) group() (node, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := p.conditional()
	if err != nil {
		return nil, err
	}
	if p.token != closing {
		return nil, p.errorf("a parenthesis is not closed")
	}
	return n, p.advance()
}
