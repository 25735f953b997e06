package prom

import (
	"net/http"
	"runtime"
	"runtime/debug"
	"time"
)

// engineVersion is the version of Prometheus whose PromQL and API this is: clients choose what they ask by it.
const engineVersion = "3.15.0"

// buildInfo answers which Prometheus this is like.
func (p *Prom) buildInfo(*http.Request) (*result, error) {
	return &result{data: struct {
		Version   string `json:"version"`
		Revision  string `json:"revision"`
		Branch    string `json:"branch"`
		BuildUser string `json:"buildUser"`
		BuildDate string `json:"buildDate"`
		GoVersion string `json:"goVersion"`
	}{Version: engineVersion, Revision: "foster " + p.opt.Version, GoVersion: runtime.Version()}}, nil
}

// runtimeInfo answers how the process does.
func (p *Prom) runtimeInfo(*http.Request) (*result, error) {
	return &result{data: struct {
		StartTime           time.Time `json:"startTime"`
		ServerTime          time.Time `json:"serverTime"`
		ReloadConfigSuccess bool      `json:"reloadConfigSuccess"`
		LastConfigTime      time.Time `json:"lastConfigTime"`
		CorruptionCount     int64     `json:"corruptionCount"`
		GoroutineCount      int       `json:"goroutineCount"`
		GOMAXPROCS          int       `json:"GOMAXPROCS"`
		GOMEMLIMIT          int64     `json:"GOMEMLIMIT"`
	}{
		StartTime: p.started, ServerTime: p.opt.Now(), ReloadConfigSuccess: true, LastConfigTime: p.started,
		GoroutineCount: runtime.NumGoroutine(), GOMAXPROCS: runtime.GOMAXPROCS(0), GOMEMLIMIT: debug.SetMemoryLimit(-1),
	}}, nil
}

// config answers with the configuration of a Prometheus that scrapes nothing.
func (p *Prom) config(*http.Request) (*result, error) {
	return &result{data: map[string]string{"yaml": ""}}, nil
}

// flags answers with the flags of Prometheus that mean something here.
func (p *Prom) flags(*http.Request) (*result, error) {
	return &result{data: map[string]string{
		"query.timeout":         p.opt.Timeout.String(),
		"query.lookback-delta":  lookback.String(),
		"query.max-concurrency": itoa(int64(p.opt.MaxQueries)),
		"query.max-samples":     itoa(int64(p.opt.MaxSamples)),
	}}, nil
}

// tsdbStatus answers how much the store holds.
func (p *Prom) tsdbStatus(*http.Request) (*result, error) {
	s := p.store.Stats()
	var first, last int64
	for _, t := range s.Tiers {
		if t.First != 0 && (first == 0 || t.First < first) {
			first = t.First
		}
		last = max(last, t.Last)
	}
	empty := []struct{}{}
	return &result{data: map[string]any{
		"headStats": map[string]int64{
			"numSeries": int64(s.Series), "numLabelPairs": 0, "chunkCount": 0, "minTime": first * 1000, "maxTime": last * 1000,
		},
		"seriesCountByMetricName": empty, "labelValueCountByLabelName": empty, "memoryInBytesByLabelName": empty,
		"seriesCountByLabelValuePair": empty,
	}}, nil
}

// rules, alerts, targets and alertmanagers answer that there are none: clients ask for them to complete what they show.

func (p *Prom) rules(*http.Request) (*result, error) {
	return &result{data: map[string]any{"groups": []struct{}{}}}, nil
}

func (p *Prom) alerts(*http.Request) (*result, error) {
	return &result{data: map[string]any{"alerts": []struct{}{}}}, nil
}

func (p *Prom) targets(*http.Request) (*result, error) {
	return &result{data: map[string]any{"activeTargets": []struct{}{}, "droppedTargets": []struct{}{}}}, nil
}

func (p *Prom) alertmanagers(*http.Request) (*result, error) {
	return &result{data: map[string]any{"activeAlertmanagers": []struct{}{}, "droppedAlertmanagers": []struct{}{}}}, nil
}
