package api

import (
	"strings"

	"foster/internal/pattern"
	"foster/storage/catalog"
)

// labelFilter chooses charts by their labels. It is a list of key:value patterns: for each key one of them must match.
// The zero value chooses all.
type labelFilter []pattern.Pattern

// parseLabelFilter reads the words of a pattern and puts those with the same key together.
func parseLabelFilter(s string) labelFilter {
	var keys []string
	words := map[string][]string{}
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(string(pattern.List), r) }) {
		key, _, _ := strings.Cut(strings.TrimPrefix(word, "!"), ":")
		if words[key] == nil {
			keys = append(keys, key)
		}
		words[key] = append(words[key], word)
	}
	var f labelFilter
	for _, key := range keys {
		f = append(f, pattern.Parse(strings.Join(words[key], "|"), pattern.List))
	}
	return f
}

// match says whether the labels of a chart are chosen.
func (f labelFilter) match(ch *catalog.Chart) bool {
	for _, p := range f {
		matched := false
		for name, value := range chartLabels(ch) {
			if p.Match(name + ":" + value) {
				matched = true
				break
			}
		}
		if !matched {
			return false
		}
	}
	return true
}

// String returns the patterns.
func (f labelFilter) String() string {
	var words []string
	for _, p := range f {
		words = append(words, p.String())
	}
	return strings.Join(words, "|")
}
