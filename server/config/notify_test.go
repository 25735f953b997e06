package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foster/health/notify"
)

func loadNotify(t *testing.T, files map[string]string) (notify.Config, []Problem, string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cfg, problems := Load(dir)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	c, problems := LoadNotify(dir, cfg.Server)
	return c, problems, dir
}

func TestLoadNotify(t *testing.T) {
	c, problems, _ := loadNotify(t, map[string]string{
		"notify.conf": `[notify]
	group wait = 30s
	rate limit = 5
	rate limit period = 1m
	give up after = 2h
	hosts that notify themselves = laptop* !laptop1
	public url = https://foster.example.com/
[service chat]
	url = slack://hook:T0-B0-xxxxxxxx@webhook
[service hook]
	url = generic://example.com/in
	template = body.tmpl
[route databases]
	roles = dba
	hosts = db*
	severity = critical
	to = chat:#db|noclear, hook
	stop = yes
[route all]
	to = chat
`,
		"body.tmpl":                `{"text": {{json .Title}}}`,
		"health_alarm_notify.conf": "DEFAULT_RECIPIENT_CHAT=x\nSLACK_WEBHOOK_URL=https://hooks.slack.com/services/a/b/c\nDEFAULT_RECIPIENT_SLACK=alerts\nSEND_EMAIL=NO\n",
	})
	if len(problems) > 0 {
		t.Error(problems)
	}
	if c.GroupWait != 30*time.Second || c.RateLimit != 5 || c.RatePeriod != time.Minute || c.GiveUp != 2*time.Hour ||
		c.PublicURL != "https://foster.example.com" || !c.SelfNotifying.Match("laptop2") {
		t.Errorf("%+v", c)
	}
	if len(c.Services) != 3 || !strings.Contains(c.Services[1].Template, "json") || c.Services[2].Name != "slack" {
		t.Errorf("%+v", c.Services)
	}
	if len(c.Routes) != 3 || !c.Routes[0].Critical || !c.Routes[0].Stop || c.Routes[0].To[0].String() != "chat:#db|noclear" ||
		c.Routes[2].Name != "health_alarm_notify.conf: slack/*" {
		t.Errorf("%+v", c.Routes)
	}
}

func TestLoadNotifyDefaults(t *testing.T) {
	c, problems, _ := loadNotify(t, map[string]string{"foster.conf": "[global]\nhostname = parent1\n"})
	if len(problems) > 0 || len(c.Services) > 0 || c.GroupWait != 10*time.Second || c.PublicURL != "http://parent1:19999" {
		t.Errorf("%v %+v", problems, c)
	}
}

// TestLoadNotifyProblems also looks for the secrets of what is wrong.
func TestLoadNotifyProblems(t *testing.T) {
	c, problems, dir := loadNotify(t, map[string]string{
		"notify.conf": `[notify]
	color = red
	public url = foster
	health_alarm_notify.conf = other.conf
[service a b]
	url = slack://x
[service one]
	url = nonsense://very-secret-1@host
[service two]
	url = telegram://very-secret-2@host
[service three]
	url = generic://example.com
	template = missing
[service four]
	url = http://very-secret-3/%zz
[service five]
[route x]
	to = nobody five|loud pagerduty://very-secret-4
[route y]
	severity = loud
[stuff]
`,
		"foster.conf": "[health]\nscript to execute on alarm = /nonexistent/alarm-notify.sh\n",
	})
	var lines []string
	for _, p := range problems {
		lines = append(lines, strings.ReplaceAll(p.String(), dir+"/", ""))
	}
	text := strings.Join(lines, "\n")
	for _, want := range []string{
		"notify.conf:2: warning: [notify] color: unknown option",
		`"foster" is not an http:// or https:// address`,
		"other.conf: error: ",
		"notify.conf:5: error: [service a b] the name of a service",
		`there is no kind of service "nonsense"`,
		"notify.conf:9: error: [service two] url: telegram: the URL is",
		"[service three] read the template",
		"[service four] url: it is not a URL",
		"[service five] url: the URL has no scheme",
		"there is no [service nobody]",
		"is none of |critical",
		"notify.conf:20: error: [route y] severity",
		"notify.conf:19: warning: [route y] to names no recipient",
		"notify.conf:21: warning: [stuff] unknown section",
		"foster.conf:2: warning: [health] script to execute on alarm: there is no such program",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "very-secret") {
		t.Errorf("a secret:\n%s", text)
	}
	if len(c.Services) != 0 || c.Script != "" {
		t.Errorf("%+v", c)
	}
}
