package receiver

import (
	"bytes"
	"encoding/json"
	"slices"

	"foster/replication/wire"
	"foster/storage/catalog"
)

func (s *session) defineChart() error {
	def, err := s.words.Chart()
	if err != nil {
		return err
	}
	slot := def.Slot
	def.Slot = 0
	if def.UpdateEvery == 0 {
		def.UpdateEvery = s.host.Info().UpdateEvery
	}
	c := s.charts[def.ID]
	if c == nil {
		if !s.mayDefineChart(def.ID) {
			s.chart, s.block.kind = nil, noBlock
			return nil
		}
	} else if c.v1 != nil {
		c.v1.setUpdateEvery(def.UpdateEvery)
		c.v1.resync = true
	}
	if c != nil && s.swollen() { // its texts may be long ones
		s.refuse(RefusedCharts, "max charts", int64(s.guard.limits.Charts), def.ID)
		def = *c.cat.Def()
	}
	// Another one than before when the chart was forgotten meanwhile: see catalog.Host.RemoveCharts.
	if cat := s.host.DefineChart(def); c == nil || c.cat != cat {
		c = &chart{cat: cat, last: cat.LastWhole()}
		s.charts[cat.ID] = c
	}
	c.every, c.storeFirst = def.UpdateEvery, def.StoreFirst
	c.cat.SetDefined(s.now)
	s.slots = setSlot(s.slots, slot, len(s.charts), c)
	s.chart, s.block.kind = c, noBlock
	c.next = 0
	s.clabels = s.clabels[:0]
	s.dirty = true
	return nil
}

// forgetCharts drops the charts that the catalog has forgotten: a child may define new ones for as long as it is connected.
// When such a chart has data again without being defined the connection ends, and begins anew.
func (s *session) forgetCharts() {
	for id, c := range s.charts {
		if c.cat.Removed() {
			delete(s.charts, id)
		}
	}
	for i, c := range s.slots {
		if c != nil && c.cat.Removed() {
			s.slots[i] = nil
		}
	}
	s.sweep = 2*len(s.charts) + 1000
}

func (s *session) defineDimension() error {
	c := s.chart
	if c == nil {
		return errNoChart
	}
	def, err := s.words.Dimension()
	if err != nil {
		return err
	}
	slot := def.Slot
	def.Slot = 0
	i := c.find(0, []byte(def.ID))
	if i < 0 {
		if !s.mayDefineDimension(c, def.ID) {
			return nil
		}
		cat := c.cat.Dimension(def.ID)
		if cat == nil {
			cat = c.cat.AddDimension(def)
		}
		c.cat.Place(cat, len(c.dims))
		i = c.add(cat)
		c.next = i + 1
	}
	cat := c.dims[i].cat
	if *cat.Def() != def && !s.swollen() {
		cat.SetDef(def)
		if c.v1 != nil {
			c.collector().define(i, cat.Def())
			c.v1.resync = true
		}
	}
	c.retired = c.retired || def.Obsolete
	c.slots = setSlot(c.slots, slot, len(c.dims), uint16(i+1))
	s.dirty = true
	return nil
}

func (s *session) chartLabel() error {
	if s.chart == nil {
		return errNoChart
	}
	l, err := s.words.ChartLabel()
	if err != nil {
		return err
	}
	if len(s.clabels) >= maxLabels {
		s.refuse(RefusedLabels, "labels of a chart", maxLabels, s.chart.cat.ID+" "+l.Name)
		return nil
	}
	s.clabels = append(s.clabels, l)
	return nil
}

func (s *session) commitChartLabels() error {
	if s.chart == nil {
		return errNoChart
	}
	if len(s.clabels) == 0 {
		return wire.ErrMissingWord
	}
	if s.mayLabel(s.chart.cat.Labels(), s.clabels, s.chart.cat.ID) {
		s.chart.cat.SetLabels(append([]wire.Label(nil), s.clabels...))
		s.dirty = true
	}
	s.clabels = s.clabels[:0]
	return nil
}

func (s *session) hostLabel() error {
	l, err := s.words.HostLabel()
	if err != nil {
		return err
	}
	if len(s.labels) >= maxLabels {
		s.refuse(RefusedLabels, "labels of the host", maxLabels, l.Name)
		return nil
	}
	s.labels = append(s.labels, l)
	return nil
}

func (s *session) commitHostLabels() error {
	if len(s.labels) > 0 {
		if s.mayLabel(s.host.Labels(), s.labels, "labels of the host") {
			s.host.SetLabels(append([]wire.Label(nil), s.labels...))
			s.dirty = true
		}
		s.labels = s.labels[:0]
		if info := *s.host.Info(); info.Ephemeral != (s.child.Ephemeral || isEphemeral(s.host.Labels())) {
			info.Ephemeral = !info.Ephemeral
			s.host.SetInfo(info)
		}
	}
	return nil
}

// isEphemeral says whether the labels of a host tell that it may be forgotten when it has gone, as those of an agent v2 with
// [global] is ephemeral node do.
func isEphemeral(labels []wire.Label) bool {
	return slices.ContainsFunc(labels, func(l wire.Label) bool { return l.Name == "_is_ephemeral" && l.Value == "true" })
}

func (s *session) variable() error {
	v, err := s.words.Variable()
	if err != nil {
		s.log.Debug("variable ignored", "error", err, "line", s.line)
		return nil
	}
	switch {
	case !v.Host && s.chart == nil && s.guard.refusing:
		return nil // of a chart that was refused
	case s.swollen():
		s.refuse(RefusedVariables, "variables", maxVariables, v.Name)
	case v.Host || s.chart == nil:
		if !s.host.SetVariable(v.Name, v.Value, maxVariables) {
			s.refuse(RefusedVariables, "variables of the host", maxVariables, v.Name)
		}
	case !s.chart.cat.SetVariable(v.Name, v.Value, maxChartVariables):
		s.refuse(RefusedVariables, "variables of a chart", maxChartVariables, s.chart.cat.ID+" "+v.Name)
	}
	return nil
}

func (s *session) claimedID() error {
	if s.words.Len() < 3 {
		return wire.ErrMissingWord
	}
	if guid, err := parseGUID(s.words.Text(1)); err != nil || guid != s.guid {
		return errForeignClaim
	}
	claim := ""
	if id, err := parseGUID(s.words.Text(2)); err == nil {
		claim = id
	}
	info := *s.host.Info()
	info.ClaimID = claim
	s.host.SetInfo(info)
	return nil
}

func (s *session) function() error {
	f, err := s.words.Function()
	if err != nil {
		return err
	}
	ok := false
	switch {
	case !f.Global && s.chart == nil:
		return errNoChart
	case s.swollen():
	case f.Global:
		ok = s.host.SetFunction(f, maxFunctions)
	default:
		ok = s.chart.cat.SetFunction(f, maxFunctions)
	}
	if !ok {
		s.refuse(RefusedFunctions, "functions", maxFunctions, f.Name)
	}
	return nil
}

func (s *session) functionDel() error {
	name, global := s.words.FunctionDel()
	switch {
	case name == "":
		return wire.ErrMissingWord
	case global:
		s.host.DeleteFunction(name)
	case s.chart != nil:
		s.chart.cat.DeleteFunction(name)
	}
	return nil
}

// pathItem is one agent on the way of a host to us (netdata v2.11.0 src/streaming/stream-path.c).
type pathItem struct {
	Version      int      `json:"version"`
	Hostname     string   `json:"hostname"`
	HostID       string   `json:"host_id"`
	NodeID       *string  `json:"node_id"`
	ClaimID      *string  `json:"claim_id"`
	Hops         int64    `json:"hops"`
	Since        int64    `json:"since"`
	FirstTime    int64    `json:"first_time_t"`
	StartTime    int64    `json:"start_time"`
	ShutdownTime int64    `json:"shutdown_time"`
	Capabilities []string `json:"capabilities"`
	Flags        []string `json:"flags"`
}

type streamPath struct {
	Version int        `json:"version"`
	Path    []pathItem `json:"streaming_path"`
}

// maxPath is the number of agents accepted in a stream path.
const maxPath = 64

// streamPath takes the path the child tells, adds this parent to it and tells the child. A path that makes no sense is
// ignored, as Netdata does.
func (s *session) streamPath(body []byte) {
	var path streamPath
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&path); err != nil || len(path.Path) > maxPath {
		s.log.Debug("stream path ignored", "error", err)
		return
	}
	hops := int64(0)
	items := path.Path[:0]
	for _, item := range path.Path {
		if item.Hops < 0 || len(item.Capabilities) == 0 {
			s.log.Debug("stream path ignored", "error", "an item has no hops or no capabilities")
			return
		}
		if item.HostID == s.r.opts.GUID {
			continue
		}
		if item.HostID == s.guid {
			s.nodeID(item.NodeID)
		}
		hops = max(hops, item.Hops)
		items = append(items, item)
	}
	path.Version = 1
	path.Path = append(items, pathItem{
		Version: 1, Hostname: s.r.opts.Hostname, HostID: s.r.opts.GUID, Hops: hops + 1, Since: s.state.Since.Unix(),
		FirstTime: s.first, Capabilities: wire.ParentCaps.Names(), Flags: []string{},
	})
	text, err := json.Marshal(path)
	if err != nil {
		s.log.Debug("stream path ignored", "error", err)
		return
	}
	s.host.SetStreamPath(text)
	if s.caps.Has(wire.Paths) {
		s.out = append(append(append(s.out, "JSON STREAM_PATH\n"...), text...), "\nJSON_PAYLOAD_END\n"...)
	}
}

// nodeID takes the node id that a host has in a cloud, as it tells it in its stream path; nil when it has none.
func (s *session) nodeID(text *string) {
	id := ""
	if text != nil {
		id, _ = parseGUID(*text) // what is none counts as none
	}
	if info := *s.host.Info(); info.NodeID != id {
		info.NodeID = id
		s.host.SetInfo(info)
	}
}

// firstStored returns the unix time of the oldest point stored of h, 0 when there is none.
func firstStored(h *catalog.Host) int64 {
	first := int64(0)
	for _, ch := range h.Charts() {
		if t := ch.First(); t != 0 && (first == 0 || t < first) {
			first = t
		}
	}
	return first
}
