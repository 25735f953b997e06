package api

// format is how a result is printed.
type format uint8

const (
	formatJSON format = iota
	formatJSON2
	formatJSONP
	formatDataTable
	formatDataSource
	formatCSV
	formatTSV
	formatExcel
	formatMarkdown
	formatHTML
	formatSSV
	formatSSVComma
	formatArray
	formatCSVArray
)

// formats describes the formats by their content type, and by whether the result is text, which a wrapper has as a string.
var formats = [...]struct {
	name        string
	contentType string
	text        bool
}{
	formatJSON:       {"json", typeJSON, false},
	formatJSON2:      {"json2", typeJSON, false},
	formatJSONP:      {"jsonp", typeScript, false},
	formatDataTable:  {"datatable", typeJSON, false},
	formatDataSource: {"datasource", typeScript, false},
	formatCSV:        {"csv", typeText, true},
	formatTSV:        {"tsv", typeText, true},
	formatExcel:      {"tsv-excel", typeText, true},
	formatMarkdown:   {"markdown", typeText, true},
	formatHTML:       {"html", typeHTML, true},
	formatSSV:        {"ssv", typeText, true},
	formatSSVComma:   {"ssvcomma", typeText, true},
	formatArray:      {"array", typeJSON, false},
	formatCSVArray:   {"csvjsonarray", typeJSON, false},
}

// typeScript is the content type of JSONP, but for a wrapped one of API v1: that is called JSON, as netdata v2.11.0 does.
const typeScript = "application/javascript; charset=utf-8"

// parseFormat returns the format with that name, or otherwise when there is none.
func parseFormat(name string, otherwise format) format {
	for f := range formats {
		if formats[f].name == name {
			return format(f)
		}
	}
	return otherwise
}

func (f format) String() string { return formats[f].name }
