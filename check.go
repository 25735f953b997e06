package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"foster/server"
	"foster/server/config"
)

// runCheck reads the configuration files, lists what is wrong with them and what is in force.
func runCheck(_ context.Context, e *env, args []string) error {
	flags := flag.NewFlagSet("foster check", flag.ContinueOnError)
	flags.SetOutput(e.stderr)
	dir := flags.String("config", cmp.Or(e.getenv("FOSTER_CONFIG"), defaultConfigDir), "`directory` of the configuration files; environment FOSTER_CONFIG")
	if err := parse(e, flags, args); err != nil {
		return err
	}
	if info, err := os.Stat(*dir); err != nil {
		return fmt.Errorf("read the configuration directory: %w", err)
	} else if !info.IsDir() {
		return fmt.Errorf("read the configuration directory: %s is not a directory", *dir)
	}
	cfg, problems := config.Load(*dir)
	_, more := config.LoadNotify(*dir, cfg.Server)
	problems = append(problems, more...)
	count := map[config.Severity]int{}
	for _, p := range problems {
		fmt.Fprintln(e.stdout, p)
		count[p.Severity]++
	}
	settings, definitions := server.HealthSettings(cfg, *dir)
	for _, p := range definitions {
		fmt.Fprintln(e.stdout, config.Problem{File: p.File, Line: p.Line, Message: p.Text, Severity: config.Error})
		count[config.Error]++
	}
	web := &cfg.Server.Web
	pair, err := server.LoadCertificate(web)
	if err != nil {
		fmt.Fprintln(e.stdout, "error:", err)
		count[config.Error]++
	}
	for _, missing := range missingCertificate(*dir, web) {
		fmt.Fprintln(e.stdout, "warning:", missing)
		count[config.Warning]++
	}
	if web.Enabled && len(web.Bind) == 0 {
		fmt.Fprintln(e.stdout, "error: [web] bind to has no address that can be used")
		count[config.Error]++
	}
	if len(problems)+len(definitions) > 0 {
		fmt.Fprintln(e.stdout)
	}
	if err := summarize(e.stdout, *dir, cfg, pair, len(settings.Definitions)); err != nil {
		return fmt.Errorf("print the summary: %w", err)
	}
	if n := count[config.Error]; n > 0 {
		return fmt.Errorf("%s: %s, %s", *dir, plural(n, "error"), plural(count[config.Warning], "warning"))
	}
	_, err = fmt.Fprintf(e.stdout, "\n%s: no errors, %s\n", *dir, plural(count[config.Warning], "warning"))
	return err
}

// missingCertificate says which files of a certificate are missing that somebody has named, or whose counterpart is there.
func missingCertificate(dir string, web *config.Web) (complaints []string) {
	there := func(file string) bool {
		_, err := os.Stat(file)
		return err == nil
	}
	cert, key := web.SSLCertificate, web.SSLKey
	for _, f := range []struct{ option, file, unnamed, other string }{
		{"ssl certificate", cert, config.DefaultCertificate(dir), key},
		{"ssl key", key, config.DefaultKey(dir), cert},
	} {
		named := f.file != "" && f.file != f.unnamed
		if !there(f.file) && (named || there(f.other)) {
			complaints = append(complaints, fmt.Sprintf("[web] %s: there is no %s, so there is no TLS", f.option, f.file))
		}
	}
	return complaints
}

func plural(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprint(n, " ", what)
}

// summarize prints what is in force.
func summarize(out io.Writer, dir string, cfg *config.Config, pair *tls.Certificate, alerts int) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	web := &cfg.Server.Web
	switch {
	case !web.Enabled:
		fmt.Fprintln(w, "listen\tnowhere ([web] mode = none)")
	case len(web.Bind) == 0:
		fmt.Fprintln(w, "listen\tnowhere")
	}
	for i, b := range web.Bind {
		if web.Enabled {
			fmt.Fprintf(w, "%s\t%s\n", head(i, "listen"), describeBind(b, pair != nil))
		}
	}
	fmt.Fprintf(w, "TLS\t%s\n", describeTLS(web, pair))
	for i, line := range describeKept(&cfg.Server.DB) {
		fmt.Fprintf(w, "%s\t%s\n", head(i, "keep"), line)
	}
	if cfg.Server.Health.Enabled {
		fmt.Fprintf(w, "alerts\t%s\n", plural(alerts, "definition"))
	} else {
		fmt.Fprintln(w, "alerts\tnone, unless stream.conf enables them ([health] enabled = no)")
	}
	keys := cfg.Stream.EnabledKeys()
	switch _, err := os.Stat(filepath.Join(dir, config.StreamFile)); {
	case errors.Is(err, fs.ErrNotExist):
		fmt.Fprintf(w, "API keys\tnone: the first start of foster writes a %s with one\n", config.StreamFile)
	case len(keys) == 0:
		fmt.Fprintln(w, "API keys\tnone is enabled: no child can connect; \"foster key\" makes one")
	default:
		fmt.Fprintf(w, "API keys\t%d enabled\n", len(keys))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, key := range keys {
		fmt.Fprintf(out, "\n[%s]\n", key)
		if err := describeKey(out, cfg, key); err != nil {
			return err
		}
	}
	return nil
}

// head is the first column of a list: its name stands in the first line.
func head(i int, name string) string {
	if i > 0 {
		return ""
	}
	return name
}

// describeBind says what a socket offers, and to plain connections when there is a certificate.
func describeBind(b config.Bind, tls bool) string {
	services := "everything"
	if b.ACL != config.ACLAll {
		services = strings.ReplaceAll(b.ACL.String(), "|", " ")
	}
	plain := ""
	switch {
	case !tls && b.SSL == config.SSLForce:
		plain = "; SSL=force has no effect without a certificate"
	case !tls || b.Network == "unix":
	case b.SSL == config.SSLForce:
		plain = "; TLS only"
	case b.SSL == config.SSLOptional:
		plain = "; TLS or plain"
	default:
		plain = "; TLS, and plain streams"
	}
	b.ACL, b.SSL = config.ACLAll, config.SSLDefault
	return b.String() + "\t" + services + plain
}

func describeTLS(web *config.Web, pair *tls.Certificate) string {
	if pair == nil {
		return fmt.Sprintf("no: it takes the files %s and %s", web.SSLCertificate, web.SSLKey)
	}
	text := web.SSLCertificate
	if cert, err := x509.ParseCertificate(pair.Certificate[0]); err == nil {
		text += fmt.Sprintf(", valid until %s", cert.NotAfter.UTC().Format(time.DateOnly))
		if time.Now().After(cert.NotAfter) {
			text += " (expired)"
		}
	}
	return text
}

// describeKept says, line by line, what is kept of children that have no setting of their own.
func describeKept(db *config.DB) (lines []string) {
	switch db.Mode {
	case config.ModeDBEngine:
	case config.ModeNone:
		lines = append(lines, "nothing (db = none); with db = dbengine:")
	default:
		lines = append(lines, fmt.Sprintf("the newest %s of a dimension (db = %s); with db = dbengine:", plural(db.Retention, "point"), db.Mode))
	}
	points := 1
	for n, t := range db.Tiers {
		name := fmt.Sprintf("tier %d", n)
		if points *= t.Iterations; n > 0 {
			name += fmt.Sprintf(", a point for %d of tier 0", points)
		}
		lines = append(lines, name+": "+describeRetention(t))
	}
	if db.QuotaPerHost > 0 {
		lines = append(lines, "of each host "+describeSize(db.QuotaPerHost)+" at most")
	}
	return lines
}

// describeRetention says how long samples are kept.
func describeRetention(t config.Tier) string {
	size := describeSize(t.RetentionSize)
	switch {
	case t.RetentionSize == 0 && t.RetentionTime == 0:
		return "everything, for ever"
	case t.RetentionSize == 0:
		return duration(t.RetentionTime)
	case t.RetentionTime == 0:
		return size
	}
	return duration(t.RetentionTime) + " or " + size + ", whatever comes first"
}

// describeSize writes a size in the largest unit that it has.
func describeSize(bytes uint64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	value, n := float64(bytes), 0
	for value >= 1024 && n < len(units)-1 {
		value, n = value/1024, n+1
	}
	return strconv.FormatFloat(math.Round(value*100)/100, 'f', -1, 64) + " " + units[n]
}

// describeKey prints the settings of the children of a key that are not defaults, and where they are.
func describeKey(out io.Writer, cfg *config.Config, key string) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	child, defaults := cfg.Child(key, ""), config.DefaultChild()
	settings := slices.DeleteFunc(slices.Sorted(maps.Keys(child.From)), func(name string) bool {
		return childSetting(&child, name) == childSetting(&defaults, name)
	})
	if k, _ := cfg.Stream.Key(key); k.AllowFrom.String() != "*" {
		fmt.Fprintf(w, "    allow from = %s\tits own section\n", k.AllowFrom)
	}
	for _, name := range settings {
		fmt.Fprintf(w, "    %s = %s\t%s%s\n", name, childSetting(&child, name), child.From[name], effect(name))
	}
	if len(settings) == 0 {
		fmt.Fprintln(w, "    no setting differs from its default")
	}
	return w.Flush()
}

// effect says so when foster reads a setting of a child and does not support it yet.
func effect(name string) string {
	switch name {
	case "proxy enabled", "proxy destination", "proxy api key", "proxy send charts matching":
		return " (no effect yet)"
	}
	return ""
}

// childSetting returns the value of a setting by the name that config.Child.From has for it.
func childSetting(c *config.Child, name string) string {
	switch name {
	case "db":
		return string(c.Mode)
	case "retention":
		return fmt.Sprint(c.Retention)
	case "update every":
		return fmt.Sprint(c.UpdateEvery)
	case "max charts":
		return fmt.Sprint(c.Limits.Charts)
	case "max dimensions":
		return fmt.Sprint(c.Limits.Dimensions)
	case "max dimensions per chart":
		return fmt.Sprint(c.Limits.ChartDimensions)
	case "max label bytes":
		return fmt.Sprint(c.Limits.LabelBytes)
	case "health enabled":
		return string(c.Health)
	case "postpone alerts on connect":
		return duration(c.PostponeAlerts)
	case "health log retention":
		return duration(c.HealthLogRetention)
	case "proxy enabled":
		return yesNo(c.Proxy.Enabled)
	case "proxy destination":
		var all []string
		for _, d := range c.Proxy.Destination {
			all = append(all, d.String())
		}
		return strings.Join(all, " ")
	case "proxy api key":
		return c.Proxy.APIKey
	case "proxy send charts matching":
		return c.Proxy.SendChartsMatching.String()
	case "enable compression":
		return yesNo(c.Compression)
	case "compression algorithms order":
		return strings.Join(c.CompressionOrder, " ")
	case "enable replication":
		return yesNo(c.Replication)
	case "replication period":
		return duration(c.ReplicationPeriod)
	case "replication step":
		return duration(c.ReplicationStep)
	case "is ephemeral node":
		return yesNo(c.Ephemeral)
	case "quota":
		return mebibytes(c.Quota)
	}
	return "?"
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// mebibytes writes a size as the configuration does: 512MiB.
func mebibytes(size uint64) string {
	if size == 0 {
		return "off"
	}
	return strconv.FormatFloat(float64(size)/(1<<20), 'f', -1, 64) + "MiB"
}

// duration writes a duration as the configuration does: 1d12h.
func duration(d time.Duration) string {
	if d == 0 {
		return "off"
	}
	var b strings.Builder
	for _, unit := range []struct {
		name   string
		length time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}} {
		if n := d / unit.length; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, unit.name)
			d -= n * unit.length
		}
	}
	return b.String()
}
