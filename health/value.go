package health

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ValueText returns a value with its units as people read it (netdata v2.11.0 src/web/api/formatters/value_or_null and
// the reference, section 12.6).
func ValueText(v float64, units string) string {
	switch units {
	case "seconds", "seconds ago":
		return ago(v, units == "seconds ago", clock)
	case "minutes", "minutes ago":
		return ago(v, units == "minutes ago", minutes)
	case "hours", "hours ago":
		return ago(v, units == "hours ago", hours)
	case "on/off", "on-off", "onoff":
		return either(v, "on", "off")
	case "up/down", "up-down", "updown":
		return either(v, "up", "down")
	case "ok/error", "ok-error", "okerror":
		return either(v, "ok", "error")
	case "ok/failed", "ok-failed", "okfailed":
		return either(v, "ok", "failed")
	case "empty", "null":
		units = ""
	case "percentage", "percent", "pcent":
		units = "%"
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "-"
	}
	text := numberText(v)
	if units == "" {
		return text
	}
	if c := units[0]; c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
		text += " "
	}
	return text + units
}

// numberText returns a number with as many decimals as its magnitude asks for.
func numberText(v float64) string {
	decimals := 7
	switch a := math.Abs(v); {
	case a >= 1000:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 10:
		decimals = 1
	case a >= 0.1:
		decimals = 2
	case a >= 0.01:
		decimals = 4
	case a >= 0.001:
		decimals = 5
	case a >= 0.0001:
		decimals = 6
	}
	text := strings.TrimRight(strings.TrimRight(strconv.FormatFloat(v, 'f', decimals, 64), "0"), ".")
	if text == "-0" || text == "" {
		return "0"
	}
	return text
}

func either(v float64, yes, no string) string {
	switch {
	case v != v:
		return "-"
	case v != 0:
		return yes
	}
	return no
}

// ago prints a duration in units of print, "now" for none.
func ago(v float64, past bool, print func(n int64) string) string {
	const most = 1e15
	if v != v || v < 0 || v > most {
		return "undefined"
	}
	n := int64(v)
	if n == 0 {
		return "now"
	}
	text := print(n)
	if past {
		text += " ago"
	}
	return text
}

func clock(n int64) string {
	text := fmt.Sprintf("%02d:%02d:%02d", n/3600%24, n/60%60, n%60)
	switch days := n / 86400; days {
	case 0:
		return text
	case 1:
		return "1 day " + text
	default:
		return fmt.Sprintf("%d days %s", days, text)
	}
}

func minutes(n int64) string {
	if days := n / 1440; days > 0 {
		return fmt.Sprintf("%dd %02dh %02dm", days, n/60%24, n%60)
	}
	return fmt.Sprintf("%dh %dm", n/60, n%60)
}

func hours(n int64) string {
	if days := n / 24; days > 0 {
		return fmt.Sprintf("%dd %dh", days, n%24)
	}
	return fmt.Sprintf("%dh", n)
}
