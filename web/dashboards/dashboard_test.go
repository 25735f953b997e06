package dashboards

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const full = `{"name":" Web tier ","description":"what\nmatters","last":3600,"panels":[
	{"id":"a","host":"guid-1","hostname":"web01","chart":"system.cpu","title":"CPU <b>","dimensions":["user","system"],"width":12,"height":4},
	{"host":"web02","chart":"system.load"},
	{"id":"p1","host":"web02","chart":"system.ram"}]}`

func TestParse(t *testing.T) {
	d, err := Parse([]byte(full))
	if err != nil {
		t.Fatal(err)
	}
	want := Content{Name: "Web tier", Description: "what\nmatters", Last: 3600, Panels: []Panel{
		{ID: "a", Host: "guid-1", Hostname: "web01", Chart: "system.cpu", Title: "CPU <b>", Dimensions: []string{"user", "system"}, Width: 12, Height: 4},
		{ID: "p2", Host: "web02", Chart: "system.load", Dimensions: []string{}, Width: 6, Height: 3}, // p1 is taken
		{ID: "p1", Host: "web02", Chart: "system.ram", Dimensions: []string{}, Width: 6, Height: 3},
	}}
	if diff := cmp.Diff(want, d.Content); diff != "" {
		t.Error(diff)
	}
	if n := d.Hosts(); n != 2 {
		t.Errorf("%d hosts", n)
	}
	exported, err := d.Export()
	if err != nil || !strings.Contains(string(exported), `"CPU <b>"`) {
		t.Errorf("%s, %v", exported, err)
	}
	again, err := Parse(exported)
	if diff := cmp.Diff(d.Content, again.Content); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestParseInvalid(t *testing.T) {
	check := func(body, field string) {
		t.Helper()
		var invalid *InvalidError
		if _, err := Parse([]byte(body)); !errors.As(err, &invalid) || invalid.Field != field || invalid.Reason == "" {
			t.Errorf("%.120s: %v, want field %q", body, err, field)
		}
	}
	panel := func(fields string) string { return `{"name":"n","panels":[{"host":"h","chart":"c"` + fields + `}]}` }
	many := func(n int, text string) string { return strings.TrimSuffix(strings.Repeat(text+",", n), ",") }
	check(``, "")
	check(`null`, "name")
	check(`[]`, "")
	check(`{"name":"n"}{}`, "")
	check(`{"name":"n","surprise":1}`, "")
	check(`{"name":5}`, "name")
	check(`{"version":"1","name":"n"}`, "version")
	check(`{"name":"n","format":"other/7"}`, "format")
	check(`{"name":" "}`, "name")
	check(`{"name":"a\nb"}`, "name")
	check(`{"name":"a\u0000"}`, "name")
	check(`{"name":"`+strings.Repeat("x", 101)+`"}`, "name")
	check(`{"name":"n","description":"`+strings.Repeat("x", 1001)+`"}`, "description")
	check(`{"name":"n","last":9}`, "last")
	check(`{"name":"n","last":-900}`, "last")
	check(`{"name":"n","last":1e9}`, "last")
	check(`{"name":"n","last":60.5}`, "last")
	check(`{"name":"n","panels":[`+many(101, `{"host":"h","chart":"c"}`)+`]}`, "panels")
	check(`{"name":"n","panels":[{"host":"h"}]}`, "panels[0].chart")
	check(`{"name":"n","panels":[{"chart":"c"}]}`, "panels[0].host")
	check(`{"name":"n","panels":[{"host":"h","chart":"c","id":"x"},{"host":"h","chart":"c","id":"x"}]}`, "panels[1].id")
	check(panel(`,"id":"a b"`), "panels[0].id")
	check(panel(`,"id":"`+strings.Repeat("x", 41)+`"`), "panels[0].id")
	check(panel(`,"width":13`), "panels[0].width")
	check(panel(`,"width":-1`), "panels[0].width")
	check(panel(`,"height":1`), "panels[0].height")
	check(panel(`,"height":9`), "panels[0].height")
	check(panel(`,"title":"`+strings.Repeat("x", 101)+`"`), "panels[0].title")
	check(panel(`,"dimensions":["a","a"]`), "panels[0].dimensions")
	check(panel(`,"dimensions":[""]`), "panels[0].dimensions")
	check(panel(`,"dimensions":["\u0007"]`), "panels[0].dimensions")
	var names []string
	for i := range maxDimensions + 1 {
		names = append(names, fmt.Sprintf(`"d%d"`, i))
	}
	check(panel(`,"dimensions":[`+strings.Join(names, ",")+`]`), "panels[0].dimensions")
}

// What is accepted is so again after it was written and read, and is then the same.
func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte(`{"format":"foster-dashboard/1","name":"n","panels":[{"host":"h","chart":"c","id":"p1"},{"host":"h","chart":"c"}]}`))
	f.Add([]byte("{\"name\":\"\xff\",\"panels\":null}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := Parse(body)
		if err != nil {
			if _, ok := errors.AsType[*InvalidError](err); !ok {
				t.Fatalf("%T", err)
			}
			return
		}
		exported, err := d.Export()
		if err != nil {
			t.Fatal(err)
		}
		kept, err := encode(d)
		if err != nil || len(body) <= MaxBody && len(kept) > maxFile {
			t.Fatal(len(kept), err)
		}
		for _, text := range [][]byte{exported, kept} {
			again, err := Parse(text)
			if err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			if diff := cmp.Diff(d.Content, again.Content); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}
