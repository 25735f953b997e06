package quantity

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// durationUnit returns the length of a unit of Netdata's duration grammar
// (netdata v2.11.0: src/libnetdata/parsers/duration.c), or 0. Months have 30
// days, quarters three months, years 365 days.
func durationUnit(name string) time.Duration {
	switch strings.ToLower(name) {
	case "ns":
		return time.Nanosecond
	case "us":
		return time.Microsecond
	case "ms":
		return time.Millisecond
	case "s", "sec", "secs", "second", "seconds":
		return time.Second
	case "m", "min", "minute", "minutes":
		return time.Minute
	case "h", "hr", "hrs", "hour", "hours":
		return time.Hour
	case "d", "day", "days":
		return day
	case "w", "wk", "week", "weeks":
		return 7 * day
	case "mo", "month", "months":
		return 30 * day
	case "q", "quarter", "quarters":
		return 90 * day
	case "y", "a", "year", "years":
		return 365 * day
	}
	return 0
}

// ParseDuration parses a duration as Netdata writes it: a number in the given
// unit ("60"), a sum of numbers with units ("1d12h", "1h 30m", "1.5h"; the
// units in any case), with a sign in front or "ago" behind for a negative one,
// or "off" or "never" for zero.
func ParseDuration(s string, unit time.Duration) (time.Duration, error) {
	rest := strings.ToLower(trim(s))
	switch rest {
	case "":
		return 0, errors.New("empty duration")
	case "off", "never":
		return 0, nil
	}
	sign := 1.0
	switch rest[0] {
	case '-':
		sign, rest = -1, rest[1:]
	case '+':
		rest = rest[1:]
	}
	if before, ok := strings.CutSuffix(rest, "ago"); ok {
		sign, rest = -sign, before
	}
	if trim(rest) == "" {
		return 0, fmt.Errorf("%s is not a duration such as 90, 10m or 1d12h", excerpt(s))
	}

	var sum float64
	for rest = trim(rest); rest != ""; rest = trim(rest) {
		number, unitName, tail := splitQuantity(rest)
		v, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return 0, fmt.Errorf("%s is not a duration such as 90, 10m or 1d12h", excerpt(s))
		}
		factor := unit
		if unitName != "" {
			if factor = durationUnit(unitName); factor == 0 {
				return 0, fmt.Errorf("unknown unit %s of duration %s", excerpt(unitName), excerpt(s))
			}
		}
		sum += v * float64(factor)
		rest = tail
	}
	if sum >= math.MaxInt64 {
		return 0, fmt.Errorf("duration %s is longer than 292 years", excerpt(s))
	}
	return time.Duration(math.Round(sign * sum)), nil
}

// splitQuantity splits s into the digits it begins with, the unit that
// follows, blanks between them allowed, and the rest.
func splitQuantity(s string) (number, unit, rest string) {
	i := 0
	for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == '.') {
		i++
	}
	number, rest = s[:i], trim(s[i:])
	j := 0
	for j < len(rest) && (rest[j] >= 'a' && rest[j] <= 'z' || rest[j] >= 'A' && rest[j] <= 'Z') {
		j++
	}
	return number, rest[:j], rest[j:]
}

// trim removes the white space that C knows; other Unicode blanks are part of
// a value.
func trim(s string) string { return strings.Trim(s, " \t\n\v\f\r") }

// excerpt quotes s for a message, shortened: a line may hold anything.
func excerpt(s string) string {
	if len(s) > 60 {
		return fmt.Sprintf("%.60q…", s)
	}
	return fmt.Sprintf("%q", s)
}
