package api

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestValueText(t *testing.T) {
	f := func(v float64, units string, precision int64, want string) {
		t.Helper()
		if got := valueText(v, units, precision); got != want {
			t.Errorf("%v %q %d: %q, not %q", v, units, precision, got, want)
		}
	}
	const auto = autoPrecision
	f(12345.67, "x", auto, "12346 x")
	f(42.5, "x", auto, "42.5 x")
	f(42, "x", auto, "42 x")
	f(1.234567, "%", auto, "1.23%")
	f(0.0123456, "", auto, "0.0123")
	f(0.00123456, "", auto, "0.00123")
	f(0.000123456, "", auto, "0.000123")
	f(0.00000123, "", auto, "0.0000012")
	f(-0.00000001, "", auto, "0")
	f(100, "x", auto, "100 x")
	f(42.5, "x", 3, "42.500 x")
	f(42.5, "x", 0, "42 x")
	f(1, "x", 1000, "1."+strings.Repeat("0", 50)+" x")
	f(nan, "x", auto, "-")
	f(math.Inf(1), "x", auto, "-")
	f(5, "percentage", auto, "5%")
	f(5, "pcent", auto, "5%")
	f(5, "empty", auto, "5")
	f(5, "°C", auto, "5°C")
	f(42.5, "seconds", auto, "00:00:42")
	f(86400+3661, "seconds", auto, "1 day 01:01:01")
	f(3*86400, "seconds", auto, "3 days 00:00:00")
	f(60, "seconds ago", auto, "00:01:00 ago")
	f(0, "seconds", auto, "now")
	f(nan, "seconds", auto, "undefined")
	f(-5, "seconds", auto, "undefined")
	f(1e300, "seconds", auto, "undefined")
	f(1563, "minutes", auto, "1d 02h 03m")
	f(123, "minutes", auto, "2h 3m")
	f(3, "minutes", auto, "3m")
	f(26, "hours", auto, "1d 2h")
	f(2, "hours ago", auto, "2h ago")
	f(1, "on/off", auto, "on")
	f(0, "onoff", auto, "off")
	f(0, "ok-error", auto, "error")
	f(2, "ok/failed", auto, "ok")
	f(0, "up/down", auto, "down")
	f(nan, "up/down", auto, "-")
}

func TestRuleColor(t *testing.T) {
	f := func(rules string, v float64, want string) {
		t.Helper()
		if got := ruleColor(rules, v, "#def"); got != want {
			t.Errorf("%q of %v: %s, not %s", rules, v, got, want)
		}
	}
	const rules = "red>90|orange>75|green"
	f(rules, 91, "#e05d44")
	f(rules, 90, "#fe7d37")
	f(rules, 1, "#97CA00")
	f(rules, nan, "#97CA00")
	f("", 1, "#def")
	f("red>90", 1, "#def")
	f("blue", 1, "#007ec6")
	f("f00<0|0f0>=0", -1, "#f00")
	f("f00(0|0f0)=0", 0, "#0f0")
	f("f00{=5|0f0", 5, "#f00")
	f("f00=5|0f0!5", 6, "#0f0")
	f("f00:5|0f0<>5", 5, "#f00")
	f("999=null|0f0", nan, "#999")
	f("999=null|0f0", 1, "#0f0")
	f("0f0!=null", 1, "#0f0")
	f("0f0>null", 1, "#def")
	f("nonsense", 1, "#555")
	f("12345", 1, "#555")
	f("red>", 1, "#e05d44")
	f("|||", 1, "#def")
}

// TestBadge asks for badges of a chart and looks at their texts, colours and headers.
func TestBadge(t *testing.T) {
	m := newMemory()
	m.web01()
	a := testAPI(t, m)
	text, fill := regexp.MustCompile(`<text[^>]*>([^<]*)</text>`), regexp.MustCompile(`<rect[^>]* fill="(#[0-9a-zA-Z]+)"/>`)
	f := func(query, label, value, labelColor, valueColor string) {
		t.Helper()
		w := get(a, "/host/web01/api/v1/badge.svg?"+query)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != typeSVG {
			t.Fatalf("%s: %d %s", query, w.Code, w.Body.String())
		}
		wellFormed(t, w.Body.String())
		texts := text.FindAllStringSubmatch(w.Body.String(), -1)
		colors := fill.FindAllStringSubmatch(w.Body.String(), -1)
		if len(texts) != 4 || texts[0][1] != label || texts[3][1] != value {
			t.Errorf("%s: texts %q, not %q and %q", query, texts, label, value)
		}
		if len(colors) != 3 || colors[1][1] != labelColor || colors[2][1] != valueColor {
			t.Errorf("%s: colours %q, not %s and %s", query, colors, labelColor, valueColor)
		}
	}
	f("chart=system.cpu&dims=user", "user", "0%", "#555", "#4c1")
	f("chart=system.cpu&dims=system", "system", "5%", "#555", "#4c1")
	f("chart=system.cpu", "system.cpu", "6.5%", "#555", "#4c1")
	f("chart=system.cpu&options=min2max", "system.cpu", "5%", "#555", "#4c1")
	f("chart=system.cpu&dims=system&multiply=100&divide=3&units=x&precision=2", "system", "166.67 x", "#555", "#4c1")
	f("chart=system.cpu&dims=system&multiply=0&divide=0&units=x", "system", "5 x", "#555", "#4c1")
	f("chart=system.cpu&dims=system&label=%3Cb%3E&label_color=red&value_color=red%3E4|green", "&lt;b&gt;", "5%", "#e05d44", "#e05d44")
	f("chart=system.cpu&dims=nope", "nope", "-", "#555", "#999")
	f("chart=system.cpu&dims=system&after=-60&group=max", "system", "5%", "#555", "#4c1")
	f("chart=system.load_average&multiply=1000&dims=load1", "load1", "0 load", "#555", "#4c1")
	f("chart=system.cpu&dims=system&multiply=-1&options=display_absolute&value_color=red%3C0|green", "system", "5%", "#555", "#e05d44")
	f("chart=nope", "chart not found", "-", "#555", "#999")
	f("chart=system.cpu&alarm=x", "alarm not found", "-", "#555", "#999")

	if w := get(a, "/host/web01/api/v1/badge.svg?chart=system.cpu&refresh=7"); w.Header().Get("Refresh") != "7" || w.Header().Get("Pragma") != "" {
		t.Errorf("refresh: %v", w.Header())
	}
	if w := get(a, "/host/web01/api/v1/badge.svg?chart=system.cpu&refresh=auto&after=-60"); w.Header().Get("Refresh") != "60" {
		t.Errorf("refresh: %v", w.Header())
	}
	if w := get(a, "/host/web01/api/v1/badge.svg"); w.Code != 400 {
		t.Errorf("no chart: %d", w.Code)
	}
	stale := testAPI(t, m, func(o *Options) { o.Now = func() time.Time { return time.Unix(start+4, 0) } })
	if w := get(stale, "/host/web01/api/v1/badge.svg?chart=system.cpu"); !strings.Contains(w.Body.String(), ">-<") {
		t.Errorf("a chart of 4 s ago: %s", w.Body.String())
	}
	big := get(a, "/host/web01/api/v1/badge.svg?chart=system.cpu&scale=200&fixed_width_lbl=50&fixed_width_val=60").Body.String()
	if !strings.Contains(big, `width="220.00" height="40.00"`) || !strings.Contains(big, `clip-path="url(#left)"`) {
		t.Errorf("fixed and scaled: %s", big)
	}
}

func wellFormed(t testing.TB, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
	}
}

// TestTextWidth compares with the advance widths of DejaVu Sans, 2048 units high, at 11 pixels.
func TestTextWidth(t *testing.T) {
	for text, want := range map[string]float64{"": 0, "v": 6.51, "0123456789": 69.99, "hello": 26.59, "WWW": 32.63, "\u00e4": 6.74, "\u4e2d": 11} {
		if got := textWidth(text); math.Abs(got-want) > 0.05 {
			t.Errorf("%q: %.2f, not %.2f", text, got, want)
		}
	}
}

func FuzzBadge(f *testing.F) {
	m := newMemory()
	m.web01()
	a := testAPI(f, m)
	f.Add("dims=user&units=seconds&value_color=red>90|green", "label")
	f.Add("scale=99999999&fixed_width_lbl=-5&fixed_width_val=99999999999", "\x00<\xff")
	f.Add("precision=-9&multiply=-1&divide=0&refresh=auto&after=-1&before=99999999999", "")
	f.Fuzz(func(t *testing.T, query, label string) {
		r := "/host/web01/api/v1/badge.svg?chart=system.cpu&label=" + url.QueryEscape(label) + "&" + url.PathEscape(query)
		if u, err := url.Parse(r); err != nil || strings.ContainsAny(u.RawQuery, " \x00\r\n") {
			return
		}
		w := get(a, r)
		if w.Code == http.StatusOK {
			wellFormed(t, w.Body.String())
		}
		if w.Body.Len() > 1<<20 {
			t.Errorf("%d bytes", w.Body.Len())
		}
	})
}
