package api

import (
	"slices"
	"testing"

	"foster/storage/query"
)

func TestParams(t *testing.T) {
	ps := parseParams("chart=a%7Cb+c&&after=-60&=x&empty=&word&points=10abc&dims=a&dims=b&after=-90&bad=%zz%4")
	for name, want := range map[string]string{
		"chart": "a|b c", "after": "-90", "empty": "", "word": "", "points": "10abc", "bad": "%zz%4", "none": "",
	} {
		if got := ps.get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := slices.Collect(ps.all("dims", "chart")); !slices.Equal(got, []string{"a|b c", "a", "b"}) {
		t.Errorf("all: %q", got)
	}
	if ps.number("points", 5) != 10 || ps.number("word", 5) != 5 {
		t.Error("number")
	}
}

func TestLeadingInt(t *testing.T) {
	for s, want := range map[string]int64{
		"": 0, "x": 0, "12": 12, "-12": -12, "+7": 7, " 3 4": 3, "10abc": 10, "-": 0, "1e3": 1, "0x10": 0, "-60.7": -60,
		"99999999999999999999999": maxInt, "-99999999999999999999999": -maxInt,
	} {
		if got := leadingInt(s); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
}

// FuzzDataQuery: every query string is either refused or answered, and the answer of a refusal holds no markup.
func FuzzDataQuery(f *testing.F) {
	f.Add("chart=system.cpu&after=-600&points=10&group=max&options=jsonwrap|nonzero&format=csv&dims=user,!nice")
	f.Add("chart=system.load&after=1700000000&before=1699999000&gtime=60&options=percentage,unaligned,objectrows,ms,flip")
	f.Add("chart=system.cpu&after=-99999999999&before=99999999999&points=-1&timeout=5&gtime=9999999999&filename=a/b")
	f.Add("chart=%3Cb%3E&format=%22%3E&group=<script>")
	m := newMemory()
	m.web01()
	a := testAPI(f, m, func(o *Options) { o.MaxCells = 100_000 })
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := parseDataQuery(parseParams(raw), a.steps)
		if err != nil {
			for _, c := range err.Error() {
				if c == '<' || c == '>' || c == '"' {
					t.Fatalf("not escaped: %q", err)
				}
			}
			return
		}
		rp := newReply()
		defer rp.free()
		ans, err := a.query(t.Context(), &q, a.catalog.Find("web01"), a.opt.Now())
		if err != nil {
			return
		}
		rp.print(&ans.table, &q.output, ans.db.Last)
		if q.options.Has(query.JSONWrap) {
			rp.wrap(ans)
		}
	})
}
