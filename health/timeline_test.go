package health

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"foster/health/alert"
	"foster/health/silence"
	"foster/replication/wire"
	"foster/storage/catalog"
)

// TestTimelines plays the scripts in testdata: definitions, a line of dashes, and what happens.
//
//	chart ID DIM…  [context=C family=F name=N units=U every=N label:K=V]   before anything else
//	mode never|connected|always [postpone=N]
//	N set [CHART.]DIM=V …     from second N on these values are collected; "-" for none. DIM! marks values anomalous
//	N connect | reconnect CHART | disconnect | restart | replay | replayed | obsolete CHART | defined CHART | label K=V | reload FILE
//	N silence NAME | disable NAME | reset
//	N expect NAME STATUS [V]  the status, and the value, after the pass of second N; "none" when there is no such alert
//	N told NAME STATUS…       what was notified of it since the last such line; "-" for nothing
//	N observed NAME STATUS…   what was told the hub, and not notified, since the last such line; "-" for nothing
//	N log NAME OLD>NEW…       all its transitions so far
//
// A pass is made every second, and then the values of the second are stored. At the end nothing may have been notified that
// no line told of.
func TestTimelines(t *testing.T) {
	files, err := filepath.Glob("testdata/*.timeline")
	if err != nil || len(files) == 0 {
		t.Fatalf("no timelines: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".timeline"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			definitions, script, ok := strings.Cut(string(text), "\n---\n")
			if !ok {
				t.Fatal("there is no line of dashes")
			}
			tl := &timeline{bench: newBench(t), values: map[*catalog.Chart]map[string]float64{}, told: map[string][]string{}, observed: map[string][]string{}}
			tl.load(definitions)
			tl.connect()
			tl.play(file, strings.Count(definitions, "\n")+2, script)
		})
	}
}

type timeline struct {
	*bench
	second int64
	charts []*catalog.Chart
	values map[*catalog.Chart]map[string]float64
	told   map[string][]string
	where  string

	observed map[string][]string
}

func (tl *timeline) fail(format string, args ...any) {
	tl.t.Helper()
	tl.t.Errorf("%s: %s", tl.where, fmt.Sprintf(format, args...))
}

func (tl *timeline) play(file string, line int, script string) {
	lines := bufio.NewScanner(strings.NewReader(script))
	for ; lines.Scan(); line++ {
		words := strings.Fields(lines.Text())
		tl.where = fmt.Sprintf("%s:%d", file, line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		second, err := strconv.ParseInt(words[0], 10, 64)
		if err != nil {
			tl.prepare(words)
			continue
		}
		for tl.second < second {
			tl.next()
		}
		tl.do(words[1], words[2:])
	}
	for name, list := range tl.told {
		if len(list) > 0 {
			tl.t.Errorf("%s: %s was notified and nothing told of it: %v", file, name, list)
		}
	}
}

// next ends a second: what is collected in it is stored, and the next one begins with a pass.
func (tl *timeline) next() {
	if tl.conn != nil {
		for _, ch := range tl.charts {
			if v := tl.values[ch]; len(v) > 0 && (epoch+tl.second)%ch.UpdateEvery() == 0 && !ch.Def().Obsolete {
				tl.append(ch, v)
			}
		}
	}
	tl.second++
	tl.set(tl.second)
	tl.pass()
}

func (tl *timeline) pass() {
	tl.evaluate()
	for _, n := range tl.notified {
		tl.told[n.Name] = append(tl.told[n.Name], n.New.String())
	}
	for _, n := range tl.bench.observed {
		tl.observed[n.Name] = append(tl.observed[n.Name], n.New.String())
	}
	tl.notified, tl.bench.observed = nil, nil
}

func (tl *timeline) prepare(words []string) {
	switch words[0] {
	case "chart":
		def := wire.Chart{ID: words[1]}
		var dims []string
		var labels []wire.Label
		for _, w := range words[2:] {
			key, value, ok := strings.Cut(w, "=")
			switch {
			case !ok:
				dims = append(dims, w)
			case key == "context":
				def.Context = value
			case key == "family":
				def.Family = value
			case key == "name":
				def.Name = value
			case key == "units":
				def.Units = value
			case key == "every":
				def.UpdateEvery = tl.number(value)
			case strings.HasPrefix(key, "label:"):
				labels = append(labels, wire.Label{Name: strings.TrimPrefix(key, "label:"), Value: value})
			}
		}
		ch := tl.chart(def, dims...)
		ch.SetLabels(labels)
		tl.charts = append(tl.charts, ch)
		tl.values[ch] = map[string]float64{}
	case "mode":
		tl.rules.Mode = map[string]Mode{"never": Never, "connected": Connected, "always": Always}[words[1]]
		for _, w := range words[2:] {
			if v, ok := strings.CutPrefix(w, "postpone="); ok {
				tl.rules.Postpone = time.Duration(tl.number(v)) * time.Second
			}
		}
		// The connection has been made before.
		tl.disconnect()
		tl.connect()
	default:
		tl.t.Fatalf("%s: unknown line", tl.where)
	}
}

func (tl *timeline) number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		tl.t.Fatalf("%s: %v", tl.where, err)
	}
	return n
}

func (tl *timeline) do(verb string, words []string) {
	switch verb {
	case "set":
		for _, w := range words {
			tl.collect(w)
		}
	case "connect":
		tl.connect()
	case "reconnect": // and only that chart is defined at once
		defined := map[*catalog.Chart]time.Time{}
		for _, ch := range tl.charts {
			defined[ch] = ch.Defined()
		}
		tl.connect()
		for _, ch := range tl.charts {
			if ch.ID != words[0] {
				ch.SetDefined(defined[ch])
			}
		}
	case "disconnect":
		tl.disconnect()
	case "restart":
		tl.restart()
	case "replay":
		tl.conn.ReplayStarted(60)
	case "replayed":
		tl.conn.ReplayFinished(60)
	case "obsolete", "defined":
		ch := tl.host.Chart(words[0])
		ch.SetObsolete(verb == "obsolete")
		ch.SetDefined(tl.clock())
	case "label":
		key, value, _ := strings.Cut(words[0], "=")
		tl.charts[0].SetLabels([]wire.Label{{Name: key, Value: value}})
	case "reload":
		text, err := os.ReadFile(filepath.Join("testdata", words[0]))
		if err != nil {
			tl.t.Fatal(err)
		}
		tl.load(string(text))
	case "silence", "disable":
		tl.manage(map[string]string{"silence": "SILENCE", "disable": "DISABLE"}[verb], words[0])
	case "reset":
		tl.manage("RESET", "")
	case "pass":
		tl.pass()
	case "expect":
		tl.expect(words)
	case "told", "observed":
		list := map[string]map[string][]string{"told": tl.told, "observed": tl.observed}[verb]
		want := strings.Join(words[1:], " ")
		if got := strings.Join(list[words[0]], " "); got != want && (want != "-" || got != "") {
			tl.fail("%s: %s %q, want %q", words[0], verb, got, want)
		}
		delete(list, words[0])
	case "log":
		var got []string
		for _, text := range tl.logged(tl.t.Context(), childGUID) {
			if name, change, _ := strings.Cut(text, ":"); name == words[0] {
				got = append(got, change)
			}
		}
		if g, w := strings.Join(got, " "), strings.Join(words[1:], " "); g != w {
			tl.fail("%s: log is\n  %s\nwant\n  %s", words[0], g, w)
		}
	default:
		tl.t.Fatalf("%s: unknown verb %s", tl.where, verb)
	}
}

func (tl *timeline) collect(word string) {
	name, value, _ := strings.Cut(word, "=")
	for _, ch := range tl.charts {
		dim, ok := strings.CutPrefix(name, ch.ID+".")
		if !ok {
			if ch != tl.charts[0] || strings.Contains(name, ".") {
				continue
			}
			dim = name
		}
		if value == "-" {
			delete(tl.values[ch], dim)
			return
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			tl.t.Fatalf("%s: %v", tl.where, err)
		}
		tl.values[ch][dim] = v
		return
	}
	tl.t.Fatalf("%s: no chart has %s", tl.where, name)
}

// restart closes everything and opens it again. The child is not connected then.
func (tl *timeline) restart() {
	id := make([]string, len(tl.charts))
	for i, ch := range tl.charts {
		id[i] = ch.ID
	}
	tl.evaluate() // a pass that is under way is waited for
	tl.store.Catalog()
	if tl.conn != nil {
		if err := tl.appender.Commit(); err != nil {
			tl.t.Fatal(err)
		}
		tl.host.Disconnect(tl.conn)
		tl.conn = nil
	}
	for _, err := range []error{tl.log.Close(), tl.store.Close()} {
		if err != nil {
			tl.t.Fatal(err)
		}
	}
	tl.start()
	tl.engine.Reload(tl.settings)
	old := tl.values
	was := tl.charts
	tl.charts, tl.values = nil, map[*catalog.Chart]map[string]float64{}
	for i, name := range id {
		ch := tl.host.Chart(name)
		if ch == nil {
			tl.t.Fatalf("%s: chart %s is gone after a restart", tl.where, name)
		}
		tl.charts = append(tl.charts, ch)
		tl.values[ch] = old[was[i]]
	}
}

func (tl *timeline) manage(cmd, name string) {
	var list []silence.Parameter
	if name != "" {
		list = append(list, silence.Parameter{Name: "alarm", Value: name})
	}
	if _, _, err := tl.silences.Manage(append(list, silence.Parameter{Name: "cmd", Value: cmd})); err != nil {
		tl.t.Fatal(err)
	}
}

func (tl *timeline) expect(words []string) {
	guid := childGUID
	name, self := strings.CutPrefix(words[0], "self:")
	if self {
		guid = selfGUID
	}
	a := tl.alert(guid, name)
	if words[1] == "none" || a == nil {
		if a != nil || words[1] != "none" {
			tl.fail("%s: alert is %+v, want %s", name, a, words[1])
		}
		return
	}
	status, err := alert.ParseStatus(words[1])
	if err != nil {
		tl.t.Fatalf("%s: %v", tl.where, err)
	}
	if a.Status != status {
		tl.fail("%s is %v with value %v, want %v", name, a.Status, a.Value, status)
	}
	if len(words) < 3 {
		return
	}
	if strings.HasPrefix(words[2], `"`) {
		if text := strings.Trim(strings.Join(words[2:], " "), `"`); a.Info != text {
			tl.fail("%s has info %q, want %q", name, a.Info, text)
		}
		return
	}
	v, err := strconv.ParseFloat(words[2], 64)
	if err != nil {
		tl.t.Fatalf("%s: %v", tl.where, err)
	}
	if math.Abs(v-a.Value) > 1e-5*max(1, math.Abs(v)) && (v == v || a.Value == a.Value) {
		tl.fail("%s has value %v, want %v", name, a.Value, v)
	}
}
