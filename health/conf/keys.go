package conf

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"foster/health/expr"
	"foster/internal/pattern"
	"foster/internal/quantity"
)

func (p *parser) begin(template bool, name string) {
	p.current = &Definition{
		Name: cleanName(name), Template: template, File: p.file, Line: p.number,
		Green: math.NaN(), Red: math.NaN(), Delay: Delay{Multiplier: 1},
	}
	p.seen = map[string]string{}
	p.broken = nil
	if len(p.current.Name) > maxName { // which has no more bytes than what is in the file
		p.problem("the name of the alert is longer than %d bytes", maxName)
		p.current.Name = p.current.Name[:maxName]
	}
}

// finish ends the definition at hand and keeps it, unless it could never do anything.
func (p *parser) finish() {
	d := p.current
	if d == nil {
		return
	}
	p.current = nil
	if d.Every == 0 && d.Lookup != nil {
		d.Every = -d.Lookup.After
	}
	reason := ""
	switch {
	case d.On == "":
		reason = "it has no \"on\""
	case d.Lookup == nil && d.Calc == nil && d.Warn == nil && d.Crit == nil && len(p.broken) > 0:
		reason = "none of its expressions can be used: " + strings.Join(p.broken, ", ")
	case d.Lookup == nil && d.Calc == nil && d.Warn == nil && d.Crit == nil:
		reason = "it has none of lookup, calc, warn and crit"
	case d.Every <= 0:
		reason = "it has no \"every\", and no lookup to take it from"
	}
	if reason != "" {
		p.problems = append(p.problems, Problem{File: d.File, Line: d.Line, Text: "alert " + d.Name + " is not used: " + reason, Refused: true})
		return
	}
	p.definitions = append(p.definitions, d)
}

// key sets what a key of the current definition says.
func (p *parser) key(key, value string) {
	if before, ok := p.seen[key]; ok && before != value {
		p.problem("%s is given twice; this one counts", key)
	}
	p.seen[key] = value
	d := p.current
	var err error
	switch key {
	case "on":
		d.On = value
	case "class":
		d.Class = unquoted(value)
	case "component":
		d.Component = unquoted(value)
	case "type":
		d.Type = unquoted(value)
	case "os":
		d.OS = filter(value)
	case "hosts":
		d.Hosts = filter(value)
	case "plugin":
		d.Plugin = filter(value)
	case "module":
		d.Module = filter(value)
	case "charts":
		if err = p.onlyTemplate(); err == nil {
			d.Charts = filter(value)
		}
	case "families":
		if err = p.onlyTemplate(); err == nil {
			d.Families = filter(value)
		}
	case "host labels":
		err = assign(&d.HostLabels, value, labelConditions)
	case "chart labels":
		err = assign(&d.ChartLabels, value, labelConditions)
	case "lookup":
		var l *Lookup
		var every time.Duration
		if l, every, err = parseLookup(value); err == nil {
			d.Lookup = l
			if every > 0 {
				d.Every = every
			}
		}
	case "calc":
		d.Calc, err = p.expression(key, value)
	case "warn":
		d.Warn, err = p.expression(key, value)
	case "crit":
		d.Crit, err = p.expression(key, value)
	case "every":
		err = assign(&d.Every, value, duration)
	case "units":
		d.Units = unquoted(value)
	case "green":
		err = assign(&d.Green, value, number)
	case "red":
		err = assign(&d.Red, value, number)
	case "to":
		d.To = unquoted(value)
	case "exec":
		d.Exec = unquoted(value)
	case "delay":
		err = assign(&d.Delay, value, parseDelay)
	case "repeat":
		err = assign(&d.Repeat, value, parseRepeat)
	case "options":
		err = d.options(value)
	case "info":
		d.Info = unquoted(value)
	case "summary":
		d.Summary = unquoted(value)
	default:
		p.problem("unknown key %s", excerpt(key))
		return
	}
	if err != nil {
		p.problem("%s: %v", key, err)
	}
}

// assign sets what a key says, unless its value cannot be read.
func assign[T any](to *T, value string, parse func(string) (T, error)) error {
	v, err := parse(value)
	if err == nil {
		*to = v
	}
	return err
}

func (p *parser) onlyTemplate() error {
	if p.current.Template {
		return nil
	}
	return errors.New("only templates have it")
}

func (p *parser) expression(key, value string) (*expr.Expression, error) {
	e, err := expr.Parse(value)
	if err != nil {
		p.broken = append(p.broken, key)
		return nil, err
	}
	return e, nil
}

// unquoted turns quotes into blanks, as Netdata does.
func unquoted(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer(`"`, " ", `'`, " ").Replace(s)), " ")
}

func filter(s string) Filter {
	if s == "*" {
		return Filter{}
	}
	return Filter{pattern: pattern.Parse(s, pattern.Blanks), set: true}
}

// labelConditions parses blank separated label=pattern words. Words without = belong to the label before them; without any
// before them they name labels that may have any value, as in v1.
func labelConditions(s string) ([]LabelCondition, error) {
	var conditions []LabelCondition
	var name string
	var values []string
	end := func() {
		if len(values) > 0 && !slices.Equal(values, []string{"*"}) {
			conditions = append(conditions, LabelCondition{name, pattern.Parse(strings.Join(values, " "), pattern.Blanks)})
		}
		values = nil
	}
	s = strings.ReplaceAll(strings.ReplaceAll(s, " =", "="), "= ", "=") // a stock file of v1 writes blanks
	for word := range strings.FieldsSeq(s) {
		key, value, ok := strings.Cut(word, "=")
		switch {
		case ok && key == "":
			return nil, errors.New(excerpt(word) + " has no label before =")
		case ok:
			end()
			name = key
			if value != "" {
				values = append(values, value)
			}
		case name != "":
			values = append(values, word)
		case word[0] == '!':
			return nil, errors.New(excerpt(word) + " has no label before it")
		default:
			conditions = append(conditions, LabelCondition{word, pattern.Parse("**", pattern.Blanks)})
		}
	}
	end()
	return conditions, nil
}

func duration(s string) (time.Duration, error) {
	d, err := quantity.ParseDuration(s, time.Second)
	switch {
	case err != nil:
		return 0, err
	case d <= 0:
		return 0, errors.New("the duration must be positive")
	}
	return d.Truncate(time.Second), nil
}

func number(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v != v {
		return math.NaN(), errors.New(excerpt(s) + " is not a number")
	}
	return v, nil
}

func (d *Definition) options(s string) error {
	for word := range strings.FieldsSeq(s) {
		switch word {
		case "no-clear-notification", "no-clear":
			d.NoClearNotification = true
		default:
			return errors.New("unknown option " + excerpt(word))
		}
	}
	return nil
}
