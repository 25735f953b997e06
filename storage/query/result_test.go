package query

import (
	"slices"
	"testing"
)

func result(columns ...[]float64) *Result {
	r := &Result{Window: Window{Points: len(columns[0])}}
	for _, c := range columns {
		r.Columns = append(r.Columns, Column{Values: c})
	}
	return r
}

func TestResult(t *testing.T) {
	r := result([]float64{1, 3, null}, []float64{-4, 1, null})
	r.Percentages()
	if !equal(r.Columns[0].Values, []float64{-100. / 3, 75, null}) || !equal(r.Columns[1].Values, []float64{400. / 3, 25, null}) {
		t.Errorf("percentages %v", r.Columns)
	}
	r = result([]float64{20, 0}, []float64{-80, 0})
	if low, high := r.Range(); low != -80 || high != 20 {
		t.Errorf("range %v…%v", low, high)
	}
	r = result([]float64{5, null})
	if low, high := r.Range(); low != 0 || high != 5 {
		t.Errorf("range with a missing value %v…%v", low, high)
	}
	r.Zeros()
	if !equal(r.Columns[0].Values, []float64{5, 0}) || r.Columns[0].Zero() {
		t.Errorf("zeros %v", r.Columns)
	}
	if c := (Column{Values: []float64{0, null}}); !c.Zero() {
		t.Error("zeros and gaps are not zero")
	}
}

func TestOptions(t *testing.T) {
	var all Options
	for _, n := range optionNames {
		o, ok := ParseOption(n.name)
		if !ok || o != n.bit {
			t.Errorf("%s: %v %v", n.name, o, ok)
		}
		all |= o
	}
	if all != MCPInfo<<1-1 {
		t.Errorf("an option has no name: %b", all)
	}
	if _, ok := ParseOption("Flip"); ok {
		t.Error("names are case-sensitive")
	}
	if got := (Flip | Absolute | VirtualPoints).Names(); !slices.Equal(got, []string{"flip", "absolute", "virtual-points"}) {
		t.Errorf("names %v", got)
	}
	if (Flip | Absolute).String() != "flip,absolute" {
		t.Error((Flip | Absolute).String())
	}
}

// A result gets memory that another has released, with nothing left in it.
func TestRelease(t *testing.T) {
	w := Window{}
	for range 100 {
		c := takeCells(10)
		for i, v := range c.values {
			if v != 0 {
				t.Fatalf("value %d is %v", i, v)
			}
			c.values[i] = 1
		}
		r := &Result{Window: w, Columns: []Column{{Values: c.values}}, cells: c}
		r.Release()
		if r.Columns != nil {
			t.Fatal("the columns are still there")
		}
		r.Release() // harmless
	}
	(&Result{}).Release()
}
