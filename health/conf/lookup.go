package conf

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"foster/internal/pattern"
	"foster/internal/quantity"
	"foster/storage/query"
)

// combinations are the ways in which the values of the dimensions become one.
var combinations = []string{"sum", "average", "min", "max", "min2max"}

// parseLookup parses METHOD AFTER [at BEFORE] [every D] [option …] [of DIMENSIONS], words in any case. every is 0 when it is
// not given.
func parseLookup(s string) (l *Lookup, every time.Duration, err error) {
	// A condition may have blanks: countif( > 5 ).
	method, rest, _ := strings.Cut(s, " ")
	if strings.Contains(method, "(") || strings.HasPrefix(rest, "(") {
		i := strings.IndexByte(s, ')')
		if i < 0 {
			return nil, 0, errors.New("a parenthesis is not closed")
		}
		method, rest = s[:i+1], s[i+1:]
	}
	l = &Lookup{Combine: "sum"}
	l.Method, l.Argument, _ = strings.Cut(strings.TrimSuffix(method, ")"), "(")
	l.Method, l.Argument = strings.ToLower(strings.TrimSpace(l.Method)), strings.ReplaceAll(l.Argument, " ", "")
	if _, ok := query.ParseGrouping(l.Method, l.Argument); !ok {
		return nil, 0, fmt.Errorf("unknown method %s", excerpt(l.Method))
	}
	words := strings.Fields(rest)
	if len(words) == 0 {
		return nil, 0, errors.New("it has no time after the method")
	}
	if l.After, err = past(words[0]); err != nil {
		return nil, 0, err
	}
	if l.After == 0 {
		return nil, 0, errors.New("the time after the method is zero")
	}
	next := func(i int) string {
		if i+1 < len(words) {
			return words[i+1]
		}
		return ""
	}
	for i := 1; i < len(words); i++ {
		switch word := strings.ToLower(words[i]); word {
		case "at":
			i++
			l.Before, err = past(next(i - 1))
		case "every":
			i++
			every, err = duration(next(i - 1))
		case "of":
			return l, every, l.of(strings.Join(words[i+1:], " "))
		case "foreach":
			l.Foreach = true
			return l, every, l.of(strings.Join(words[i+1:], " "))
		default:
			switch {
			case slices.Contains(combinations, word):
				l.Combine = word
			case word == "avg" || word == "mean":
				l.Combine = "average"
			default:
				if o, ok := query.ParseOption(word); !ok || !usable.Has(o) {
					return nil, 0, fmt.Errorf("unknown option %s", excerpt(word))
				}
				l.Options = append(l.Options, word)
			}
		}
		if err != nil {
			return nil, 0, err
		}
	}
	return l, every, nil
}

// usable are the options of a query that mean something in a lookup.
const usable = query.Absolute | query.Unaligned | query.Null2Zero | query.Percentage | query.AnomalyBit | query.MatchIDs | query.MatchNames | query.Min2Max

// of sets the dimensions.
func (l *Lookup) of(dimensions string) error {
	switch strings.ToLower(dimensions) {
	case "":
		return errors.New("no dimensions follow")
	case "all", "*":
		if !l.Foreach {
			return nil
		}
		dimensions = "*"
	}
	l.Of, l.Dimension = dimensions, pattern.Parse(dimensions, pattern.List)
	return nil
}

// past parses a duration that counts back from now; its sign may be missing.
func past(s string) (time.Duration, error) {
	d, err := quantity.ParseDuration(s, time.Second)
	if err != nil {
		return 0, err
	}
	const longest = 10 * 365 * 24 * time.Hour
	if d = -d.Abs().Truncate(time.Second); d < -longest {
		return 0, fmt.Errorf("%s is longer than ten years", s)
	}
	return d, nil
}

// parseDelay parses up D down D multiplier F max D, each optional, in any order.
func parseDelay(s string) (Delay, error) {
	d := Delay{Multiplier: 1}
	words := strings.Fields(s)
	for i := 0; i < len(words); i += 2 {
		if i+1 == len(words) {
			return d, fmt.Errorf("%s has no value", excerpt(words[i]))
		}
		var err error
		switch value := words[i+1]; strings.ToLower(words[i]) {
		case "up":
			d.Up, err = wait(value)
		case "down":
			d.Down, err = wait(value)
		case "max":
			d.Max, err = wait(value)
		case "multiplier":
			d.Multiplier, err = number(value)
			if err == nil && (d.Multiplier <= 0 || d.Multiplier > 1e6) {
				d.Multiplier, err = 1, fmt.Errorf("multiplier %s is not positive, or too large", value)
			}
		default:
			err = fmt.Errorf("unknown word %s", excerpt(words[i]))
		}
		if err != nil {
			return d, err
		}
	}
	if d.Max == 0 {
		// Not less than what is waited for without flapping.
		longer := max(d.Up, d.Down)
		if most := longer.Seconds() * d.Multiplier; most > longer.Seconds() && most < math.MaxInt64/float64(time.Second) {
			d.Max = time.Duration(most) * time.Second
		}
	}
	return d, nil
}

// wait parses a duration that may be zero.
func wait(s string) (time.Duration, error) {
	d, err := quantity.ParseDuration(s, time.Second)
	if err == nil && d < 0 {
		err = fmt.Errorf("%s is negative", s)
	}
	if err != nil {
		return 0, err
	}
	return d.Truncate(time.Second), nil
}

// parseRepeat parses off, or warning D critical D, each optional.
func parseRepeat(s string) (Repeat, error) {
	r := Repeat{Set: true}
	if strings.EqualFold(s, "off") || strings.EqualFold(s, "never") {
		return r, nil
	}
	words := strings.Fields(s)
	for i := 0; i < len(words); i += 2 {
		if i+1 == len(words) {
			return Repeat{}, fmt.Errorf("%s has no value", excerpt(words[i]))
		}
		d, err := wait(words[i+1])
		switch strings.ToLower(words[i]) {
		case "warning":
			r.Warning = d
		case "critical":
			r.Critical = d
		default:
			err = fmt.Errorf("unknown word %s", excerpt(words[i]))
		}
		if err != nil {
			return Repeat{}, err
		}
	}
	return r, nil
}
