package config

import "github.com/google/uuid"

// CanonicalGUID returns the lower-case form with dashes of an API key or
// machine GUID, the form in which GUIDs are compared and stored. Like Netdata
// v2 it accepts any case, and 32 digits without dashes; ok is false for
// everything else.
func CanonicalGUID(s string) (guid string, ok bool) {
	// uuid.Parse also takes braces and a urn: prefix, which no agent sends.
	if len(s) != 36 && len(s) != 32 {
		return "", false
	}
	id, err := uuid.Parse(s)
	if err != nil {
		return "", false
	}
	return id.String(), true
}
