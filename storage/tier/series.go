package tier

import (
	"strings"

	"github.com/prometheus/prometheus/model/labels"
)

// The labels of a series.
const (
	labelMetric    = "__name__"
	labelGUID      = "machine_guid"
	labelChart     = "chart"
	labelDimension = "dimension"
)

// Series identifies a dimension of a chart of a host. All fields are ids and must not be empty.
type Series struct {
	GUID      string
	Chart     string
	Dimension string
	Context   string // gives the series its metric name
}

func (s Series) labels() labels.Labels {
	return labels.FromStrings(
		labelMetric, MetricName(s.Context),
		labelChart, s.Chart,
		labelDimension, s.Dimension,
		labelGUID, s.GUID,
	)
}

// MetricName returns the metric name of a context: all but letters, digits and '_' replaced by '_' ("system.cpu" becomes
// "system_cpu").
func MetricName(context string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, context)
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return "_" + name
	}
	return name
}
