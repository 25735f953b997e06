package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"foster/health/notify"
	"foster/health/notify/agentconf"
	"foster/health/notify/service"
)

// Names of the files that say who is notified, in the configuration directory.
const (
	NotifyFile      = "notify.conf"
	AgentNotifyFile = "health_alarm_notify.conf" // of an existing Netdata
)

// LoadNotify reads who is notified, and how, of the alerts: the notify.conf of dir, and the health_alarm_notify.conf beside
// it if there is one. s has the settings of [health] that matter here. What cannot be used is a Problem and left out; no
// problem has a secret in it.
func LoadNotify(dir string, s *Server) (notify.Config, []Problem) {
	f, problems := readFile(filepath.Join(dir, NotifyFile))
	if f == nil {
		f = &File{Name: filepath.Join(dir, NotifyFile), index: map[string]*Section{}}
	}
	n := notifyReader{reader: newReader(f), dir: dir, server: s, config: notify.DefaultConfig(), own: map[string]bool{}}
	n.problems = append(n.problems, problems...)
	n.read()
	return n.config, n.problems
}

// notifyReader reads a notify.conf.
type notifyReader struct {
	*reader
	dir    string
	server *Server
	config notify.Config
	own    map[string]bool // names of services of the file
}

func (n *notifyReader) read() {
	c, r := &n.config, n.reader
	general := func(options ...string) []name { return in("notify", options...) }
	length := duration(time.Second, 0)
	set(r, &c.GroupWait, length, general("group wait"))
	set(r, &c.RateLimit, intBetween(0, 100000), general("rate limit"))
	set(r, &c.RatePeriod, duration(time.Second, time.Second), general("rate limit period"))
	set(r, &c.GiveUp, duration(time.Second, time.Minute), general("give up after"))
	set(r, &c.MaxPending, intBetween(1, math.MaxInt32), general("max pending"))
	set(r, &c.ClearAlways, parseBool, general("clear always"))
	set(r, &c.SelfNotifying, parsePattern, general("hosts that notify themselves"))
	set(r, &c.Nevertheless, parsePattern, general("alerts they cannot know"))
	if !set(r, &c.PublicURL, parsePublicURL, general("public url")) {
		c.PublicURL = n.publicURL()
	}
	set(r, &c.ScriptV1, parseScriptArguments, general("script arguments"))
	agent := filepath.Join(n.dir, AgentNotifyFile)
	explicit := set(r, &agent, parseText, general("health_alarm_notify.conf"))
	n.readServices()
	n.readRoutes()
	if agent != "no" && agent != "" {
		n.readAgent(agent, explicit)
	}
	n.readScript()
	c.Summary = n.server.Health.UseSummary
	for _, section := range n.file.Sections {
		kind, _, named := strings.Cut(section.Name, " ")
		if section.Name == "notify" || named && (kind == "service" || kind == "route") {
			n.reportUnknown(section.Name, nil)
			continue
		}
		n.report(section.Name, Option{Line: section.Line}, Warning, "unknown section: there are [notify], [service NAME] and [route NAME]")
	}
}

// readServices reads the [service NAME] sections.
func (n *notifyReader) readServices() {
	for _, section := range n.file.Sections {
		called, ok := strings.CutPrefix(section.Name, "service ")
		if called = trim(called); !ok {
			continue
		}
		bad := func(format string, args ...any) {
			n.report(section.Name, Option{Line: section.Line}, Error, format+"; the service is left out", args...)
		}
		sc := notify.ServiceConfig{Name: called}
		set(n.reader, &sc.URL, parseText, in(section.Name, "url"))
		template := ""
		set(n.reader, &template, parseText, in(section.Name, "template"))
		if called == "" || strings.ContainsAny(called, " \t:|,") {
			bad("the name of a service has no blanks, colons, commas and bars")
			continue
		}
		if template != "" {
			if !filepath.IsAbs(template) {
				template = filepath.Join(n.dir, template)
			}
			text, err := readSmall(template, 1<<20)
			if err != nil {
				bad("read the template: %v", err)
				continue
			}
			sc.Template = text
		}
		if _, err := service.Parse(called, sc.URL, service.Environment{Template: sc.Template}); err != nil {
			bad("url: %v", err)
			continue
		}
		n.own[called] = true
		n.config.Services = append(n.config.Services, sc)
	}
}

// readRoutes reads the [route NAME] sections.
func (n *notifyReader) readRoutes() {
	for _, section := range n.file.Sections {
		called, ok := strings.CutPrefix(section.Name, "route ")
		if !ok {
			continue
		}
		r := notify.Route{Name: trim(called)}
		route := func(options ...string) []name { return in(section.Name, options...) }
		set(n.reader, &r.Roles, parsePattern, route("roles", "role"))
		set(n.reader, &r.Hosts, parsePattern, route("hosts", "host"))
		set(n.reader, &r.Alerts, parsePattern, route("alerts", "alert"))
		set(n.reader, &r.Critical, parseSeverity, route("severity"))
		set(n.reader, &r.Stop, parseBool, route("stop"))
		to := setting(n.reader, parseText, route("to"))
		for word := range strings.FieldsFuncSeq(to.Value, func(c rune) bool { return c == ' ' || c == '\t' || c == ',' }) {
			recipient, err := notify.ParseRecipient(word)
			switch {
			case err != nil:
				n.report(section.Name, Option{Name: "to", Line: to.Origin.Line}, Error, "%v; the recipient is left out", err)
			case !n.own[recipient.Service]:
				n.report(section.Name, Option{Name: "to", Line: to.Origin.Line}, Error,
					"there is no [service %s]; the recipient is left out", cutName(recipient.Service))
			default:
				r.To = append(r.To, recipient)
			}
		}
		if !to.Set() {
			n.report(section.Name, Option{Line: section.Line}, Warning, "to names no recipient")
		}
		n.config.Routes = append(n.config.Routes, r)
	}
}

// readAgent reads the file of an agent. Its routes are asked after those of notify.conf.
func (n *notifyReader) readAgent(path string, explicit bool) {
	if !filepath.IsAbs(path) && explicit {
		path = filepath.Join(n.dir, path)
	}
	problem := func(line int, severity Severity, message string) {
		n.problems.add(Problem{File: path, Line: line, Message: message, Severity: severity})
	}
	text, err := readSmall(path, agentconf.MaxFile)
	if err != nil {
		if explicit || !errors.Is(err, fs.ErrNotExist) {
			problem(0, Error, err.Error())
		}
		return
	}
	f, found := agentconf.Parse(AgentNotifyFile, text)
	mapped, more := f.Map(n.own, func(program string) bool {
		info, err := os.Stat(program)
		return err == nil && info.Mode().IsRegular()
	})
	for _, p := range slices.Concat(found, more) {
		problem(p.Line, Warning, p.Message)
	}
	for _, sc := range mapped.Services {
		if _, err := service.Parse(sc.Name, sc.URL, service.Environment{}); err != nil {
			problem(0, Error, fmt.Sprintf("%s: %v; the service is left out", sc.Name, err))
			mapped.Routes = slices.DeleteFunc(mapped.Routes, func(r notify.Route) bool { return r.To[0].Service == sc.Name })
			continue
		}
		n.config.Services = append(n.config.Services, sc)
	}
	n.config.Routes = append(n.config.Routes, mapped.Routes...)
	n.config.ClearAlways = n.config.ClearAlways || mapped.ClearAlways
}

// readScript takes over the program of [health] if it is there.
func (n *notifyReader) readScript() {
	n.config.ScriptTimeout = n.server.Health.NotificationTimeout
	script := n.server.Health.Script
	if script == "" {
		return
	}
	at := n.server.Origin("health", "script to execute on alarm")
	ignored := func(why string) {
		n.problems.add(Problem{
			File: at.File, Line: at.Line, Section: at.Section, Option: at.Option, Severity: Warning,
			Message: why + ": not run, foster notifies itself",
		})
	}
	info, err := os.Stat(script)
	switch {
	case !filepath.IsAbs(script):
		ignored("not an absolute path")
	case err != nil:
		ignored("there is no such program")
	case !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0:
		ignored("not a program")
	default:
		n.config.Script = script
	}
}

// publicURL guesses where browsers find the pages: at the first port of this host.
func (n *notifyReader) publicURL() string {
	host := n.server.Global.Hostname
	if host == "" {
		host, _ = os.Hostname()
	}
	for _, b := range n.server.Web.Bind {
		if b.Network == "tcp" && b.Port != "" && host != "" && n.server.Web.Enabled {
			return "http://" + host + ":" + b.Port
		}
	}
	return ""
}

func parsePublicURL(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	if !strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://") || strings.ContainsAny(s, " \t\"<>") {
		return "", fmt.Errorf("%s is not an http:// or https:// address", excerpt(s))
	}
	return strings.TrimRight(s, "/"), nil
}

func parseScriptArguments(s string) (v1 bool, err error) {
	words, err := oneOf("v1", "v2")(s)
	return words == "v1", err
}

func parseSeverity(s string) (critical bool, err error) {
	word, err := oneOf("warning", "critical")(strings.ToLower(s))
	return word == "critical", err
}

// cutName shortens a name for a message: in the place of a service somebody may have put a URL with a secret.
func cutName(s string) string { return s[:min(len(s), 20)] }

// readSmall reads a regular file of at most limit bytes.
func readSmall(path string, limit int64) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("%s is larger than %d KiB", path, limit>>10)
	}
	return string(text), err
}
