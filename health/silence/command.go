package silence

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Parameter is a parameter of a management request.
type Parameter struct{ Name, Value string }

// commands is what management requests have set, as Netdata keeps it in health.silencers.json (netdata v2.11.0
// src/health/health_silencers.c).
type commands struct {
	All       bool       `json:"all"`
	Type      Effect     `json:"type"`
	Silencers []Selector `json:"silencers"` // the newest first
}

// Manage follows the parameters of a management request in order and returns the answer, which is JSON after the command
// LIST. Parameters that are not known do nothing, as in Netdata, with one difference: a selector by template, which Netdata
// takes for one that selects everything, does nothing either.
func (s *Set) Manage(list []Parameter) (answer string, isJSON bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := commands{s.commands.All, s.commands.Type, slices.Clone(s.commands.Silencers)}
	var lines []string
	var selector Selector
	selects, types, lists := false, false, false
	for _, p := range list {
		if field := selector.field(p.Name); field != nil {
			if err := checkPattern(p.Name, p.Value); err != nil {
				return "", false, fmt.Errorf("manage health: %w", err)
			}
			*field, selects = p.Value, true
		}
		if p.Name != "cmd" {
			continue
		}
		switch p.Value {
		case "SILENCE ALL":
			next.All, next.Type = true, Silence
			lines = append(lines, "All alarm notifications are silenced")
		case "DISABLE ALL":
			next.All, next.Type = true, Disable
			lines = append(lines, "All health checks are disabled")
		case "SILENCE":
			next.Type, types = Silence, true
			lines = append(lines, "Alarm notifications silenced for alarms matching the selectors")
		case "DISABLE":
			next.Type, types = Disable, true
			lines = append(lines, "Health checks disabled for alarms matching the selectors")
		case "RESET":
			next = commands{Type: None}
			lines = append(lines, "All health checks and notifications are enabled")
		case "LIST":
			lists = true
		}
	}
	if selects {
		if len(next.Silencers) >= maxKept {
			return "", false, fmt.Errorf("manage health: %w", ErrTooMany)
		}
		if !slices.Contains(next.Silencers, selector) {
			next.Silencers = slices.Insert(next.Silencers, 0, selector)
		}
		lines = append(lines, "Alarm selector added")
	}
	if selects && next.Type == None {
		lines = append(lines, "WARNING: without SILENCE or DISABLE the selectors have no effect")
	}
	if types && len(next.Silencers) == 0 {
		lines = append(lines, "WARNING: without alarm selectors this has no effect")
	}
	if !next.equal(&s.commands) {
		if err := writeFile(s.netdataPath, next.list()); err != nil {
			return "", false, fmt.Errorf("manage health: %w", err)
		}
		s.commands = next
		s.compileLocked()
	}
	if lists { // alone, though something was changed: else it were no JSON
		return string(next.list()), true, nil
	}
	if len(lines) > 0 {
		lines = append(lines, "") // each line ends
	}
	return strings.Join(lines, "\n"), false, nil
}

// field returns the part of the selector that a parameter sets, or nil.
func (s *Selector) field(parameter string) *string {
	switch parameter {
	case "alarm":
		return &s.Alarm
	case "chart":
		return &s.Chart
	case "context":
		return &s.Context
	case "hosts":
		return &s.Hosts
	case "families":
		return &s.Families
	}
	return nil
}

func (c *commands) equal(d *commands) bool {
	return c.All == d.All && c.Type == d.Type && slices.Equal(c.Silencers, d.Silencers)
}

// readCommands reads Netdata's file.
func (s *Set) readCommands(data []byte) error {
	var c commands
	if err := json.Unmarshal(data, &c); err != nil {
		return err
	}
	switch c.Type {
	case "":
		c.Type = None
	case None, Silence, Disable:
	default:
		return fmt.Errorf("unknown type %q", string(c.Type))
	}
	if len(c.Silencers) > maxKept {
		return ErrTooMany
	}
	for i := range c.Silencers {
		if err := c.Silencers[i].validate(); err != nil {
			return errors.Join(fmt.Errorf("silencer %d", i+1), err)
		}
	}
	s.commands = c
	return nil
}

// Commands returns what management requests have set as JSON, as LIST answers it.
func (s *Set) Commands() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commands.list()
}
