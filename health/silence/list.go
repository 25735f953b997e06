package silence

import (
	"encoding/json"
	"strconv"
)

// list returns the JSON of LIST and of the file, in the form that Netdata gives it.
func (c *commands) list() []byte {
	b := append([]byte("{\n\t\"all\": "), strconv.AppendBool(nil, c.All)...)
	b = append(b, ",\n\t\"type\": "...)
	b = appendText(b, string(c.Type))
	b = append(b, ",\n\t\"silencers\": ["...)
	for i := range c.Silencers {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, "\n\t\t{"...)
		separator := ""
		for _, name := range []string{"alarm", "chart", "context", "hosts", "families"} {
			if value := *c.Silencers[i].field(name); value != "" {
				b = append(append(b, separator...), "\n\t\t\t"...)
				b = append(appendText(b, name), ": "...)
				b = appendText(b, value)
				separator = ","
			}
		}
		b = append(b, "\n\t\t}"...)
	}
	if len(c.Silencers) > 0 {
		b = append(b, "\n\t"...)
	}
	return append(b, "]\n}\n"...)
}

func appendText(b []byte, s string) []byte {
	text, _ := json.Marshal(s) // strings always can be
	return append(b, text...)
}
