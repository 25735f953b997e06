package wire

import (
	"strconv"
	"strings"
)

// AppendLabel appends the host label l.
func (e Encoding) AppendLabel(b []byte, l *Label) []byte {
	b = e.appendText(append(b, "LABEL "...), l.Name)
	b = append(b, "= "...)
	b = strconv.AppendUint(b, uint64(l.Source), 10)
	return endLine(e.appendText(append(b, ' '), l.Value))
}

// AppendOverwrite appends the line that makes the labels before it replace the host's.
func (Encoding) AppendOverwrite(b []byte) []byte { return append(b, "OVERWRITE labels\n"...) }

// AppendClaimedID appends the claim id of a node; empty says that it is not claimed.
func (Encoding) AppendClaimedID(b []byte, machineGUID, claimID string) []byte {
	if claimID == "" {
		claimID = "NULL"
	}
	b = appendID(append(b, "CLAIMED_ID "...), '"', machineGUID)
	b = appendID(append(b, ' '), '"', claimID)
	return append(b, '\n')
}

// AppendVariable appends a number for health expressions, of the host or else of the chart in scope.
func (Encoding) AppendVariable(b []byte, v *Variable) []byte {
	if v.Host {
		b = append(b, "VARIABLE HOST "...)
	} else {
		b = append(b, "VARIABLE CHART "...)
	}
	b = append(appendID(b, '"', v.Name), " = "...)
	return append(AppendFloat64(b, v.Value, Decimal), '\n')
}

// AppendChart appends the definition of c.
func (e Encoding) AppendChart(b []byte, c *Chart) []byte {
	b = appendHead(e, b, CmdChart, c.Slot, c.ID)
	// The name goes without its type: parents before v1.37 put theirs before it.
	typ, name, _ := strings.Cut(c.Name, ".")
	if strings.HasPrefix(name, typ+".") {
		name = c.Name // one type is stripped
	}
	if len(name) > e.text {
		name = "" // a cut one might be another chart's
	}
	b = append(appendID(b, '"', name), ' ')
	b = e.appendText(b, c.Title)
	b = e.appendText(b, c.Units)
	b = e.appendText(b, c.Family)
	b = e.appendText(b, c.Context)
	b = e.appendText(b, c.Type)
	b = append(strconv.AppendInt(b, int64(c.Priority), 10), ' ')
	b = strconv.AppendInt(b, c.UpdateEvery, 10)
	b = append(b, ` "`...)
	b = appendOption(b, "obsolete ", c.Obsolete)
	b = appendOption(b, "detail ", c.Detail)
	b = appendOption(b, "hidden ", c.Hidden)
	b = appendOption(b, "store_first ", c.StoreFirst)
	b = append(b, `" `...)
	b = e.appendText(b, c.Plugin)
	return endLine(e.appendText(b, c.Module))
}

// AppendDimension appends the definition of d, a dimension of the chart defined last.
func (e Encoding) AppendDimension(b []byte, d *Dimension) []byte {
	b = appendHead(e, b, CmdDimension, d.Slot, d.ID)
	b = e.appendText(b, d.Name)
	b = e.appendText(b, d.Algorithm.String())
	b = append(strconv.AppendInt(b, d.Multiplier, 10), ' ')
	b = strconv.AppendInt(b, d.Divisor, 10)
	b = append(b, ` "`...)
	b = appendOption(b, "obsolete ", d.Obsolete)
	b = appendOption(b, "hidden ", d.Hidden)
	b = appendOption(b, "noreset nooverflow ", d.NoReset)
	if d.Float {
		return append(b, "type=float\"\n"...)
	}
	return append(b, "type=int\"\n"...)
}

func appendOption(b []byte, option string, set bool) []byte {
	if set {
		b = append(b, option...)
	}
	return b
}

// AppendCLabel appends the label l of the chart in scope.
func (e Encoding) AppendCLabel(b []byte, l *Label) []byte {
	b = e.appendText(append(b, "CLABEL "...), l.Name)
	b = e.appendText(b, l.Value)
	return append(strconv.AppendUint(b, uint64(l.Source), 10), '\n')
}

// AppendCLabelCommit appends the line that makes the labels before it, at least one, replace the chart's.
func (Encoding) AppendCLabelCommit(b []byte) []byte { return append(b, "CLABEL_COMMIT\n"...) }

// AppendDefinitionEnd appends the end of a definition, which asks the parent what history it wants.
func (Encoding) AppendDefinitionEnd(b []byte, d *DefinitionEnd) []byte {
	b = strconv.AppendInt(append(b, "CHART_DEFINITION_END "...), d.First, 10)
	b = strconv.AppendInt(append(b, ' '), d.Last, 10)
	b = strconv.AppendInt(append(b, ' '), d.Wall, 10)
	return append(b, '\n')
}
