package agenttest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxAnswer bounds an HTTP answer: a day of 100 dimensions is about 60 MB.
const maxAnswer = 256 << 20

// ErrNotFound is the error of a host, chart or window an agent answers 404 to.
var ErrNotFound = errors.New("not found")

// Info is the part of /api/v1/info that tests look at.
type Info struct {
	Version       string   `json:"version"`
	UID           string   `json:"uid"`
	MirroredHosts []string `json:"mirrored_hosts"`
}

// Chart is one chart of /api/v1/charts.
type Chart struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Context     string `json:"context"`
	UpdateEvery int64  `json:"update_every"`
	FirstEntry  int64  `json:"first_entry"`
	LastEntry   int64  `json:"last_entry"`
	Dimensions  map[string]struct {
		Name string `json:"name"`
	} `json:"dimensions"`
}

// Table is the answer to a data query.
type Table struct {
	Dims []string // names, in the order of the answer
	Rows []Row    // oldest first
}

// Row is the values of all dimensions at one unix time; NaN where there is none.
type Row struct {
	Time   int64
	Values []float64
}

// HostURL is the base URL of a host that the agent or parent at base mirrors.
// The host is a hostname or a machine GUID.
func HostURL(base, host string) string { return base + "/host/" + url.PathEscape(host) }

// FetchInfo asks base for /api/v1/info.
func FetchInfo(ctx context.Context, base string) (Info, error) {
	var info Info
	err := fetch(ctx, base+"/api/v1/info", &info)
	return info, err
}

// FetchCharts asks base for /api/v1/charts and returns them in the order of
// their ids.
func FetchCharts(ctx context.Context, base string) ([]Chart, error) {
	var answer struct {
		Charts map[string]Chart `json:"charts"`
	}
	if err := fetch(ctx, base+"/api/v1/charts", &answer); err != nil {
		return nil, err
	}
	charts := make([]Chart, 0, len(answer.Charts))
	for id, c := range answer.Charts {
		if c.ID != id {
			return nil, fmt.Errorf("chart %q is listed as %q", c.ID, id)
		}
		charts = append(charts, c)
	}
	slices.SortFunc(charts, func(a, b Chart) int { return strings.Compare(a.ID, b.ID) })
	return charts, nil
}

// FetchData asks base for the stored points of a chart between two absolute
// times, both included, one row for each of the chart's intervals. A chart that
// is not known or has no data near the window gives ErrNotFound.
func FetchData(ctx context.Context, base, chart string, after, before int64) (Table, error) {
	// points=0 selects "natural points": as many rows as the database has. Both
	// ends are rounded down to the chart's update every, so the first row may be
	// older than asked for.
	q := url.Values{
		"chart":   {chart},
		"after":   {strconv.FormatInt(after, 10)},
		"before":  {strconv.FormatInt(before, 10)},
		"points":  {"0"},
		"format":  {"json"},
		"options": {"seconds"},
	}
	var answer struct {
		Labels []string     `json:"labels"`
		Data   [][]*float64 `json:"data"`
	}
	if err := fetch(ctx, base+"/api/v1/data?"+q.Encode(), &answer); err != nil {
		return Table{}, err
	}
	if len(answer.Labels) == 0 || answer.Labels[0] != "time" {
		return Table{}, fmt.Errorf("data of %s: first label is not time: %q", chart, answer.Labels)
	}
	table := Table{Dims: answer.Labels[1:]}
	for _, cells := range answer.Data {
		if len(cells) != len(answer.Labels) || cells[0] == nil {
			return Table{}, fmt.Errorf("data of %s: a row of %d cells below %d labels", chart, len(cells), len(answer.Labels))
		}
		row := Row{Time: int64(*cells[0]), Values: make([]float64, len(table.Dims))}
		for i, v := range cells[1:] {
			row.Values[i] = math.NaN()
			if v != nil {
				row.Values[i] = *v
			}
		}
		if row.Time >= after && row.Time <= before {
			table.Rows = append(table.Rows, row)
		}
	}
	slices.SortFunc(table.Rows, func(a, b Row) int { return int(a.Time - b.Time) })
	return table, nil
}

// WaitData waits until base has a value of the chart at or after the given time.
func WaitData(ctx context.Context, base, chart string, from int64) error {
	var last error
	err := poll(ctx, 200*time.Millisecond, func() (bool, error) {
		table, err := FetchData(ctx, base, chart, from, from+3600)
		last = err
		for _, row := range table.Rows {
			if slices.ContainsFunc(row.Values, func(v float64) bool { return !math.IsNaN(v) }) {
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("wait for %s at %s from %d: %w (last answer: %w)", chart, base, from, err, cmp.Or(last, errors.New("rows without a value")))
	}
	return nil
}

// fetch decodes the JSON answer of an address into v.
func fetch(ctx context.Context, address string, v any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	// An agent that is stopped and started closes kept connections at moments
	// that would turn into errors of the next test step.
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("get %s: %w", address, err)
	}
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return fmt.Errorf("get %s: %w: %.200s", address, ErrNotFound, body)
	default:
		return fmt.Errorf("get %s: %s: %.200s", address, resp.Status, body)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("get %s: %w: %.200s", address, err, body)
	}
	return nil
}
