package catalog

import (
	"path/filepath"
	"testing"

	"foster/replication/wire"
)

func TestRemoveCharts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	c := openCatalog(t, path)
	h := fill(c)
	h.Chart("disk.d5").SetLabels([]wire.Label{{Name: "a", Value: "b"}})
	flush(t, c)
	size, before := h.Size(), h.Charts()
	five, generation := h.Chart("disk.d5"), h.Generation()
	gone := func(ch *Chart) bool {
		if h.Generation() != generation && len(h.Charts()) == len(before) {
			t.Fatal("the generation is a new one, the charts are not")
		}
		return ch == five || ch.ID == "disk.d7"
	}
	if n := h.RemoveCharts(gone); n != 2 {
		t.Errorf("%d charts are removed", n)
	}
	if h.RemoveCharts(gone) != 0 {
		t.Error("charts are removed twice")
	}
	if h.Chart("disk.d5") != nil || h.Chart("disk.name5") != nil || len(h.Charts()) != 23 || len(before) != 25 || h.Generation() == generation {
		t.Error("the charts are still there")
	}
	if h.Size() >= size {
		t.Error("the charts still take memory")
	}
	flush(t, c)
	wantReopened(t, c, path)
	if n := count(t, c, "chart"); n != 23 {
		t.Errorf("%d charts are in the file", n)
	}

	// One that its child defines again is new; one of which there is data again comes back as it was.
	def := *before[7].Def()
	def.Obsolete = false
	if ch := h.DefineChart(def); ch == before[7] || len(ch.Dimensions()) != 0 {
		t.Error("a chart defined again is the old one")
	}
	before[7].SetObsolete(false)
	five.SetObsolete(false)
	if h.Chart("disk.d5") != five || h.Chart("disk.name5") != five || five.Removed() || h.Chart("disk.d7") == before[7] || len(h.Charts()) != 25 {
		t.Error("the chart with data has not come back")
	}
	for range 12 {
		h.Chart("disk.d7").AddDimension(*before[7].Dimensions()[0].Def())
	}
	h.RemoveCharts(func(ch *Chart) bool { return ch.ID == "disk.d7" })
	h.DefineChart(def)
	flush(t, c)
	if n := count(t, c, "chart"); n != 25 {
		t.Errorf("%d charts are in the file", n)
	}
	reopened := openCopy(t, path).Host(h.GUID)
	if len(reopened.Charts()) != 25 || len(reopened.Chart("disk.d5").Dimensions()) != 12 || len(reopened.Chart("disk.d5").Labels()) != 1 ||
		reopened.Size() != h.Size() {
		t.Errorf("after a restart there are %d charts, %d bytes; want %d bytes", len(reopened.Charts()), reopened.Size(), h.Size())
	}
}

// A deletion that could not be written is repeated.
func TestRemoveChartsFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	c := openCatalog(t, path)
	h := fill(c)
	flush(t, c)
	forbid(t, c, "host_label")
	h.SetLabels([]wire.Label{{Name: "a", Value: "b"}})
	h.RemoveCharts(func(ch *Chart) bool { return ch.ID == "disk.d1" })
	h.Chart("disk.d2").RemoveDimensions(func(d *Dimension) bool { return d.ID == "d3" })
	if err := c.Flush(t.Context()); err == nil {
		t.Fatal("the database can be written")
	}
	permit(t, c, "host_label")
	flush(t, c)
	wantReopened(t, c, path)
}

func TestRemoveDimensions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	c := openCatalog(t, path)
	h := fill(c)
	ch := h.DefineChart(wire.Chart{ID: "many.dims", Type: "line"})
	for i := range 40 {
		ch.AddDimension(wire.Dimension{ID: string(rune('A' + i)), Multiplier: 1, Divisor: 1})
	}
	flush(t, c)
	size, before := h.Size(), ch.Dimensions()
	b, z := ch.Dimension("B"), ch.Dimension("Z")
	if n := ch.RemoveDimensions(func(d *Dimension) bool { return d == b || d == z }); n != 2 {
		t.Errorf("%d dimensions are removed", n)
	}
	if ch.Dimension("B") != nil || ch.Dimension("Z") != nil || ch.Dimension("C") == nil || ch.Dimension("`") == nil || len(before) != 40 || h.Size() >= size {
		t.Error("the dimensions are still there")
	}
	flush(t, c)
	wantReopened(t, c, path)
	ch.AddDimension(wire.Dimension{ID: "new", Multiplier: 1, Divisor: 1})
	back := *b.Def()
	b.SetDef(back) // still obsolete
	if ch.Dimension("B") != nil {
		t.Error("an obsolete dimension has come back")
	}
	back.Obsolete = false
	b.SetDef(back)
	if ch.Dimension("B") != b || ch.Dimensions()[len(ch.Dimensions())-1] != b {
		t.Error("a dimension with data has not come back")
	}
	flush(t, c)
	wantReopened(t, c, path)
	if ch.RemoveDimensions(func(*Dimension) bool { return false }) != 0 {
		t.Error("dimensions are removed")
	}
}
