package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"foster/internal/pattern"
	"foster/internal/quantity"
)

const (
	day      = 24 * time.Hour
	mebibyte = 1 << 20
)

// warning is the error of a parser that found a value nevertheless.
type warning struct{ message string }

func (w warning) Error() string { return w.message }

func warningf(format string, args ...any) error { return warning{fmt.Sprintf(format, args...)} }

// A parser turns the text of an option into a value. Its error is a problem of
// the option: a warning comes with a value that is used, any other error means
// that there is no value.
type parser[T any] func(s string) (T, error)

// parseBool follows Netdata: yes, true, on, auto and on demand, in any case,
// are true and everything else is false. What is not even a word for no is
// reported.
func parseBool(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "yes", "true", "on", "auto", "on demand":
		return true, nil
	case "no", "false", "off", "never", "0":
		return false, nil
	}
	return false, warningf("%s is neither yes nor no and counts as no", excerpt(s))
}

// parseInt reads a number as C's strtoll does with base 0: 0x and 0 prefixes,
// and the text after the number does not count, which is reported.
func parseInt(s string) (int64, error) {
	digits, negative := strings.CutPrefix(s, "-")
	if !negative {
		digits = strings.TrimPrefix(s, "+")
	}
	base, valid := 10, "0123456789"
	switch {
	case len(digits) > 2 && digits[0] == '0' && digits[1]|0x20 == 'x' && strings.IndexByte("0123456789abcdef", digits[2]|0x20) >= 0:
		base, valid, digits = 16, "0123456789abcdefABCDEF", digits[2:]
	case len(digits) > 1 && digits[0] == '0':
		base, valid = 8, "01234567"
	}
	tail := strings.TrimLeft(digits, valid)
	digits = digits[:len(digits)-len(tail)]
	if digits == "" {
		return 0, fmt.Errorf("%s is not a number", excerpt(s))
	}
	n, err := strconv.ParseInt(digits, base, 64)
	if err != nil {
		return 0, fmt.Errorf("number %s is too large", excerpt(s))
	}
	if negative {
		n = -n
	}
	if tail != "" {
		return n, warningf("%s counts as %d, %s is ignored", excerpt(s), n, excerpt(tail))
	}
	return n, nil
}

// intBetween parses a whole number and moves it into [low, high] if need be,
// as Netdata does.
func intBetween(low, high int) parser[int] {
	return func(s string) (int, error) {
		n, err := parseInt(s)
		if err != nil && !errors.As(err, new(warning)) {
			return 0, err
		}
		return clamp(n, low, high, err)
	}
}

func clamp(n int64, low, high int, err error) (int, error) {
	switch {
	case n < int64(low):
		return low, warningf("%d is less than the minimum %d, which is used", n, low)
	case n > int64(high):
		return high, warningf("%d is more than the maximum %d, which is used", n, high)
	}
	return int(n), err
}

// secondsBetween parses a duration into whole seconds within [low, high]. It
// is for options that Netdata reads as a plain number, where its "1h" means 1.
func secondsBetween(low, high int) parser[int] {
	return func(s string) (int, error) {
		d, err := quantity.ParseDuration(s, time.Second)
		if err != nil {
			return 0, err
		}
		return clamp(int64(d/time.Second), low, high, nil)
	}
}

// duration parses a duration of at least minimum. unit is that of a number
// without one.
func duration(unit, minimum time.Duration) parser[time.Duration] {
	return func(s string) (time.Duration, error) {
		d, err := quantity.ParseDuration(s, unit)
		switch {
		case err != nil:
			return 0, err
		case d < 0:
			return 0, fmt.Errorf("duration %s is negative", excerpt(s))
		case d < minimum:
			return minimum, warningf("%v is less than the minimum %v, which is used", d, minimum)
		}
		return d, nil
	}
}

// size parses a size in bytes of at least minimum. unit is that of a number
// without one.
func size(unit, minimum uint64) parser[uint64] {
	return func(s string) (uint64, error) {
		n, err := quantity.ParseSize(s, unit)
		if err == nil && n < minimum {
			return minimum, warningf("%d bytes are less than the minimum %d, which is used", n, minimum)
		}
		return n, err
	}
}

// parseText takes the value as it is.
func parseText(s string) (string, error) { return s, nil }

// parsePattern parses a blank separated simple pattern.
func parsePattern(s string) (pattern.Pattern, error) {
	p := pattern.Parse(s, pattern.Blanks)
	if p.Empty() {
		return p, warningf("the pattern is empty and matches nothing")
	}
	return p, nil
}

// oneOf accepts exactly one of the words.
func oneOf[T ~string](words ...T) parser[T] {
	return func(s string) (T, error) {
		if w := T(s); slices.Contains(words, w) {
			return w, nil
		}
		return "", fmt.Errorf("%s is not one of %s", excerpt(s), join(words))
	}
}

func join[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return strings.Join(texts, ", ")
}

// parseKey parses the GUID of an API key. An empty text means no key.
func parseKey(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	guid, ok := CanonicalGUID(s)
	if !ok {
		return "", fmt.Errorf("%s is not a GUID", excerpt(s))
	}
	return guid, nil
}

// parsePort parses a port number or a service name.
func parsePort(s string) (string, error) { return s, checkPort(s) }

// everything matches every string but the empty one.
func everything() pattern.Pattern { return pattern.Parse("*", pattern.Blanks) }

// parseCompressionOrder parses a list of compression algorithms.
func parseCompressionOrder(s string) ([]string, error) {
	var (
		order []string
		bad   []string
		seen  = map[string]bool{}
	)
	for _, w := range words(s) {
		switch {
		case w != "zstd" && w != "lz4" && w != "brotli" && w != "gzip":
			bad = append(bad, excerpt(w))
		case !seen[w]:
			seen[w] = true
			order = append(order, w)
		}
	}
	switch {
	case len(order) == 0:
		return nil, fmt.Errorf("%s names none of zstd, lz4, brotli, gzip", excerpt(s))
	case len(bad) > 0:
		return order, warningf("unknown algorithm %s is left out", strings.Join(bad, ", "))
	}
	return order, nil
}
