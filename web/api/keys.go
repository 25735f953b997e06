package api

import "strings"

// masked returns a key as it may be shown: enough to tell it from others, not enough to use it.
func masked(key string) string {
	if len(key) < 12 {
		return "…"
	}
	return key[:8] + "…" + key[len(key)-4:]
}

// keyMasked writes an API key so that it can be told from others and not be used, null for none.
func (e *encoder) keyMasked(key string) {
	if key == "" {
		e.keyNull("api_key")
		return
	}
	e.keyString("api_key", masked(key))
}

// withoutKey masks a key in a text. A refused one may be that of another parent.
func withoutKey(text, key string) string {
	if key == "" {
		return text
	}
	return strings.ReplaceAll(text, key, masked(key))
}
