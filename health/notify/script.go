package notify

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"foster/health/alert"
	"foster/health/notify/service"
)

// scriptFor returns the program that is run instead of the routes, "" for none. What an alert names and is not there, as on
// a machine that an agent has left, does not keep people from being told.
func (h *Hub) scriptFor(t *alert.Transition) string {
	path := t.Exec
	if path == "" || path == h.config.Script {
		return h.config.Script
	}
	there, known := h.programs[path]
	if !known {
		info, err := os.Stat(path)
		there = err == nil && info.Mode().IsRegular() && filepath.IsAbs(path)
		if len(h.programs) >= maxPrograms {
			clear(h.programs)
		}
		h.programs[path] = there
		if !there {
			h.log.Warn("an alert names a program that is not there: its role is told", "program", path, "alert", t.Name)
		}
	}
	if !there {
		return h.config.Script
	}
	return path
}

// maxPrograms bounds what is remembered of programs.
const maxPrograms = 1000

const scriptPrefix = "exec "

// scriptOf returns the program of a service that is not configured but named by an alert or [health].
func scriptOf(name string) (path string, ok bool) { return strings.CutPrefix(name, scriptPrefix) }

// scriptLocked returns the service that runs a program, which it makes when it is new.
func (h *Hub) scriptLocked(path string) string {
	name := scriptPrefix + path
	if h.state.services[name] != nil {
		return name
	}
	args := "v2"
	if h.config.ScriptV1 {
		args = "v1"
	}
	u := url.URL{Scheme: "exec", Path: path, RawQuery: url.Values{"args": {args}, "timeout": {h.config.ScriptTimeout.String()}}.Encode()}
	sv, err := service.Parse(name, u.String(), h.opt.environment(""))
	if err != nil {
		h.log.Error("an alert names a program that cannot be run", "program", path, "error", err)
		return name
	}
	h.state.services[name] = sv
	h.startLocked(name, sv)
	return name
}
