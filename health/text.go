package health

import "strings"

// fill replaces what info and summary texts refer to: ${family}, ${label:NAME} and, as only foster has it, ${hostname}; v1
// writes $family and $label:NAME. A label is the chart's or else the host's. What is not known stays as it is.
func fill(text string, p *place, h *hostFacts) string {
	if !strings.Contains(text, "$") {
		return text
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "$")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after := reference(rest)
		value, known := "", false
		switch {
		case name == "family":
			value, known = p.family, true
		case name == "hostname":
			value, known = h.name, true
		case strings.HasPrefix(name, "label:"):
			key := strings.TrimPrefix(name, "label:")
			if value, known = p.label(key); !known {
				value, known = h.label(key)
			}
		}
		if known {
			b.WriteString(value)
			text = after
			continue
		}
		b.WriteByte('$')
		text = rest
	}
}

// reference returns the name at the beginning of s, behind a $, and what follows it.
func reference(s string) (name, after string) {
	if rest, ok := strings.CutPrefix(s, "{"); ok {
		if name, after, ok := strings.Cut(rest, "}"); ok {
			return name, after
		}
		return "", s
	}
	if strings.HasPrefix(s, "label:") {
		name, _, _ := strings.Cut(s, " ")
		return name, s[len(name):]
	}
	if after, ok := strings.CutPrefix(s, "family"); ok {
		return "family", after
	}
	return "", s
}
