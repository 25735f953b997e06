package api

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

const autoPrecision = -1

// valueText returns a value with its units as badges show it; v is NaN when there is none. precision is the number of
// decimals, or autoPrecision.
func valueText(v float64, units string, precision int64) string {
	ago := ""
	if base, found := strings.CutSuffix(units, " ago"); found {
		units, ago = base, " ago"
	}
	switch units {
	case "seconds", "minutes", "hours":
		return durationText(v, units, ago)
	case "percentage", "percent", "pcent":
		units = "%"
	case "empty", "null":
		units = ""
	case "on/off", "on-off", "onoff":
		return eitherText(v, "on", "off")
	case "up/down", "up-down", "updown":
		return eitherText(v, "up", "down")
	case "ok/error", "ok-error", "okerror":
		return eitherText(v, "ok", "error")
	case "ok/failed", "ok-failed", "okfailed":
		return eitherText(v, "ok", "failed")
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "-"
	}
	text := numberText(v, precision)
	if units += ago; units != "" && isAlphanumeric(units[0]) {
		text += " "
	}
	return text + units
}

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// eitherText is the text of a value that is a yes or a no.
func eitherText(v float64, yes, no string) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case v == 0:
		return no
	}
	return yes
}

// numberText prints a number with that many decimals, or with as many as its size calls for.
func numberText(v float64, precision int64) string {
	if precision >= 0 {
		return strconv.FormatFloat(v, 'f', int(min(precision, 50)), 64)
	}
	m, decimals := math.Abs(v), 7
	switch {
	case m >= 1000:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case m >= 10:
		decimals = 1
	case m >= 0.1:
		decimals = 2
	case m >= 0.01:
		decimals = 4
	case m >= 0.001:
		decimals = 5
	case m >= 0.0001:
		decimals = 6
	}
	text := strings.TrimRight(strconv.FormatFloat(v, 'f', decimals, 64), "0")
	if text = strings.TrimSuffix(text, "."); text == "-0" {
		return "0"
	}
	return text
}

// longestDuration is the longest one, in its own units, that is printed as days, hours, minutes and seconds.
const longestDuration = 1e12

// durationText prints a number of seconds, minutes or hours.
func durationText(v float64, units, ago string) string {
	if math.IsNaN(v) || v < 0 || v > longestDuration {
		return "undefined"
	}
	n := int64(v)
	if n == 0 {
		return "now"
	}
	switch units {
	case "seconds":
		days, rest := n/86400, n%86400
		text := fmt.Sprintf("%02d:%02d:%02d", rest/3600, rest%3600/60, rest%60)
		switch {
		case days == 1:
			text = "1 day " + text
		case days > 1:
			text = strconv.FormatInt(days, 10) + " days " + text
		}
		return text + ago
	case "minutes":
		days, hours, minutes := n/1440, n%1440/60, n%60
		switch {
		case days > 0:
			return fmt.Sprintf("%dd %02dh %02dm", days, hours, minutes) + ago
		case hours > 0:
			return fmt.Sprintf("%dh %dm", hours, minutes) + ago
		}
		return fmt.Sprintf("%dm", minutes) + ago
	}
	if days := n / 24; days > 0 {
		return fmt.Sprintf("%dd %dh", days, n%24) + ago
	}
	return fmt.Sprintf("%dh", n) + ago
}
