package config

// Limits bound what a child may define. The options are foster's own.
type Limits struct {
	Charts          int    // of the host
	Dimensions      int    // of all its charts
	ChartDimensions int    // of one chart
	LabelBytes      uint64 // names and values of all its labels
}

func defaultLimits() Limits {
	return Limits{Charts: 50_000, Dimensions: 250_000, ChartDimensions: 10_000, LabelBytes: 32 * mebibyte}
}

const (
	maxChartsOption          = "max charts"
	maxDimensionsOption      = "max dimensions"
	maxChartDimensionsOption = "max dimensions per chart"
	maxLabelBytesOption      = "max label bytes"
)

var limitNames = []string{maxChartsOption, maxDimensionsOption, maxChartDimensionsOption, maxLabelBytesOption}

var (
	parseMaxCharts          = intBetween(1, 1_000_000)
	parseMaxDimensions      = intBetween(1, 10_000_000)
	parseMaxChartDimensions = intBetween(1, 65_535)
	parseMaxLabelBytes      = size(1, 4096)
)

// read reads the limits of [db].
func (l *Limits) read(r *reader) {
	set(r, &l.Charts, parseMaxCharts, in("db", maxChartsOption))
	set(r, &l.Dimensions, parseMaxDimensions, in("db", maxDimensionsOption))
	set(r, &l.ChartDimensions, parseMaxChartDimensions, in("db", maxChartDimensionsOption))
	set(r, &l.LabelBytes, parseMaxLabelBytes, in("db", maxLabelBytesOption))
}

// limitSettings are the limits that a section of stream.conf gives.
type limitSettings struct {
	charts, dimensions, chartDimensions Setting[int]
	labelBytes                          Setting[uint64]
}

func readLimits(r *reader, section string) limitSettings {
	return limitSettings{
		charts:          setting(r, parseMaxCharts, in(section, maxChartsOption)),
		dimensions:      setting(r, parseMaxDimensions, in(section, maxDimensionsOption)),
		chartDimensions: setting(r, parseMaxChartDimensions, in(section, maxChartDimensionsOption)),
		labelBytes:      setting(r, parseMaxLabelBytes, in(section, maxLabelBytesOption)),
	}
}

func (s *limitSettings) override(c *Child) {
	lay(c, &c.Limits.Charts, s.charts, maxChartsOption)
	lay(c, &c.Limits.Dimensions, s.dimensions, maxDimensionsOption)
	lay(c, &c.Limits.ChartDimensions, s.chartDimensions, maxChartDimensionsOption)
	lay(c, &c.Limits.LabelBytes, s.labelBytes, maxLabelBytesOption)
}
