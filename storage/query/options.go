package query

import "strings"

// Options are the options of a data query: one list in a request, whether they change what is read, what becomes of the
// values, or how these are printed.
type Options uint64

// The options. Those of the first group change the window, the next ones the values, the rest only how these are printed.
const (
	Unaligned     Options = 1 << iota // rows end at before, not at multiples of their width
	NaturalPoints                     // rows are made of whole samples
	VirtualPoints                     // rows are made of seconds: wide samples are interpolated

	NonZero    // leave out dimensions that are nothing but zero
	Absolute   // absolute values
	Percentage // values are percentages of the sum over all dimensions
	Null2Zero  // zero where there is no value
	AnomalyBit // values are the percentages of samples that the agent found anomalous

	SelectedTier // one tier only

	MatchIDs      // patterns look at ids only
	MatchNames    // patterns look at names only
	AllDimensions // the wrapper lists everything that was there to choose from

	Flip            // oldest row first
	Seconds         // unix time instead of dates
	Milliseconds    // unix time in milliseconds
	ObjectRows      // rows are objects
	GoogleJSON      // dates as JavaScript
	LabelQuotes     // names in quotes in the header of a csv
	JSONWrap        // wrap the result in an object that describes it
	Min2Max         // one value a row: highest minus lowest
	RowAverage      // one value a row: the average
	RowMin          // one value a row: the lowest
	RowMax          // one value a row: the highest
	AnomalyRates    // the wrapper has a second result, of anomaly rates
	DisplayAbsolute // of badges

	// Of API v2 and v3.
	Raw                 // what is needed to merge answers of several parents
	Details             // all there is to tell
	Debug               // the request as it was understood
	Minify              // no white space
	Minimal             // nothing but the result, and statistics
	GroupByLabels       // the labels of what was grouped
	LongKeys            // keys that speak
	RFC3339             // times as text
	CardinalityLimitAll // the limit is for the summary too
	MCPInfo             // hints for language models
)

// optionNames are the names of the options. The first one of an option is the one that is printed.
var optionNames = []struct {
	name string
	bit  Options
}{
	{"nonzero", NonZero},
	{"flip", Flip},
	{"reversed", Flip},
	{"reverse", Flip},
	{"jsonwrap", JSONWrap},
	{"min2max", Min2Max},
	{"average", RowAverage},
	{"min", RowMin},
	{"max", RowMax},
	{"ms", Milliseconds},
	{"milliseconds", Milliseconds},
	{"absolute", Absolute},
	{"abs", Absolute},
	{"absolute_sum", Absolute},
	{"absolute-sum", Absolute},
	{"display_absolute", DisplayAbsolute},
	{"display-absolute", DisplayAbsolute},
	{"seconds", Seconds},
	{"null2zero", Null2Zero},
	{"objectrows", ObjectRows},
	{"google_json", GoogleJSON},
	{"google-json", GoogleJSON},
	{"percentage", Percentage},
	{"unaligned", Unaligned},
	{"match_ids", MatchIDs},
	{"match-ids", MatchIDs},
	{"match_names", MatchNames},
	{"match-names", MatchNames},
	{"natural-points", NaturalPoints},
	{"virtual-points", VirtualPoints},
	{"all-dimensions", AllDimensions},
	{"label-quotes", LabelQuotes},
	{"raw", Raw},
	{"anomaly-bit", AnomalyBit},
	{"selected-tier", SelectedTier},
	{"jw-anomaly-rates", AnomalyRates},
	{"details", Details},
	{"debug", Debug},
	{"plan", Debug},
	{"minify", Minify},
	{"minimal-stats", Minimal},
	{"minimal", Minimal},
	{"group-by-labels", GroupByLabels},
	{"long-json-keys", LongKeys},
	{"long-keys", LongKeys},
	{"rfc3339", RFC3339},
	{"cardinality-limit-all", CardinalityLimitAll},
	{"mcp-info", MCPInfo},
}

// ParseOption returns the option with that name; ok is false when there is none.
func ParseOption(name string) (o Options, ok bool) {
	for _, n := range optionNames {
		if n.name == name {
			return n.bit, true
		}
	}
	return 0, false
}

// Has says whether all of bits are in o.
func (o Options) Has(bits Options) bool { return o&bits == bits }

// Names returns the names of the options in o.
func (o Options) Names() []string {
	var names []string
	for _, n := range optionNames {
		if o&n.bit != 0 {
			names = append(names, n.name)
			o &^= n.bit
		}
	}
	return names
}

// String returns the names separated by commas.
func (o Options) String() string { return strings.Join(o.Names(), ",") }
