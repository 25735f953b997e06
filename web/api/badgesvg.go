package api

import (
	"slices"
	"strconv"
	"strings"
)

// badgeImage is a badge to be drawn: a label and a value, side by side.
type badgeImage struct {
	label, value           string
	labelColor, valueColor string
	labelText, valueText   string  // colours of the texts
	scale                  int64   // percent
	labelWidth, valueWidth float64 // pixels at 100 %, 0: as wide as the text
}

const (
	badgeHeight  = 20.0
	badgeRadius  = 3.0
	badgePadding = 4.5 // on both sides of a text
	baseline     = 14.0
	// spacing is the room that browsers put between characters when they place each on whole pixels.
	spacing = 0.2
)

// widthOf returns the width of the half of a badge that shows a text.
func widthOf(text string) float64 {
	w := textWidth(text) + 2*badgePadding
	if n := len([]rune(text)); n > 1 {
		w += spacing * float64(n-1)
	}
	return w
}

// appendSVG draws the badge.
func (i *badgeImage) appendSVG(b []byte) []byte {
	scale := float64(i.scale) / 100
	fixed := i.labelWidth > 0 && i.valueWidth > 0
	left, right := i.labelWidth, i.valueWidth
	if !fixed {
		left, right = widthOf(i.label), widthOf(i.value)
	}
	s := svg{b}
	px := func(v float64) string { return strconv.FormatFloat(v*scale, 'f', 2, 64) }
	whole := []string{"width", px(left + right), "height", px(badgeHeight)}

	s.open("svg", append([]string{"xmlns", "http://www.w3.org/2000/svg", "role", "img"}, whole...)...)
	s.open("title")
	s.text(i.label + ": " + i.value)
	s.close("title")
	s.open("defs")
	s.open("linearGradient", "id", "shade", "x1", "0", "y1", "0", "x2", "0", "y2", "1")
	s.empty("stop", "offset", "0", "stop-color", "#bbb", "stop-opacity", ".1")
	s.empty("stop", "offset", "1", "stop-opacity", ".1")
	s.close("linearGradient")
	s.open("mask", "id", "corners")
	s.empty("rect", append(slices.Clip(whole), "rx", px(badgeRadius), "fill", "#fff")...)
	s.close("mask")
	if fixed {
		for _, half := range []struct {
			id   string
			x, w float64
		}{{"left", 0, left}, {"right", left, right}} {
			s.open("clipPath", "id", half.id)
			s.empty("rect", "x", px(half.x), "width", px(half.w), "height", px(badgeHeight))
			s.close("clipPath")
		}
	}
	s.close("defs")
	s.open("g", "mask", "url(#corners)")
	s.empty("rect", "width", px(left), "height", px(badgeHeight), "fill", i.labelColor)
	s.empty("rect", "x", px(left), "width", px(right), "height", px(badgeHeight), "fill", i.valueColor)
	s.empty("rect", append(slices.Clip(whole), "fill", "url(#shade)")...)
	s.close("g")
	s.open("g", "text-anchor", "middle", "font-family", "DejaVu Sans,Verdana,Geneva,sans-serif", "font-size", px(fontSize))
	draw := func(text, color, half string, x float64) {
		for _, layer := range []struct {
			y       float64
			fill    string
			opacity string
		}{{baseline + 1, shadowColor, ".3"}, {baseline, color, "1"}} {
			attributes := []string{"x", px(x), "y", px(layer.y), "fill", layer.fill, "fill-opacity", layer.opacity}
			if fixed {
				attributes = append(attributes, "clip-path", "url(#"+half+")")
			}
			s.open("text", attributes...)
			s.text(text)
			s.close("text")
		}
	}
	draw(i.label, i.labelText, "left", left/2)
	draw(i.value, i.valueText, "right", left+right/2)
	s.close("g")
	s.close("svg")
	return s.b
}

// svg appends elements to a buffer.
type svg struct{ b []byte }

// open writes the beginning of an element, with pairs of names and values of attributes.
func (s *svg) open(name string, attributes ...string) {
	s.tag(name, attributes)
	s.b = append(s.b, '>')
}

// empty writes an element without content.
func (s *svg) empty(name string, attributes ...string) {
	s.tag(name, attributes)
	s.b = append(s.b, "/>"...)
}

func (s *svg) tag(name string, attributes []string) {
	s.b = append(append(s.b, '<'), name...)
	for i := 0; i+1 < len(attributes); i += 2 {
		s.b = append(append(append(s.b, ' '), attributes[i]...), `="`...)
		s.text(attributes[i+1])
		s.b = append(s.b, '"')
	}
}

func (s *svg) close(name string) { s.b = append(append(append(s.b, "</"...), name...), '>') }

// xmlEscapes are the characters with a meaning in XML. The control characters that XML does not have are left out.
var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

func (s *svg) text(text string) {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
	s.b = append(s.b, xmlEscapes.Replace(text)...)
}
