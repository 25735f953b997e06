package prom

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"foster/replication/wire"
)

// postRead sends a request to read.
func (f *fixture) postRead(r *prompb.ReadRequest) *httptest.ResponseRecorder {
	f.t.Helper()
	message, err := r.Marshal()
	if err != nil {
		f.t.Fatal(err)
	}
	return f.postBody(s2.EncodeSnappy(nil, message))
}

func (f *fixture) postBody(body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(f.t.Context(), http.MethodPost, Prefix+"/api/v1/read", bytes.NewReader(body))
	r.Header.Set("Content-Encoding", "snappy")
	w := httptest.NewRecorder()
	f.prom.ServeHTTP(w, r)
	return w
}

func equal(name, value string) *prompb.LabelMatcher {
	return &prompb.LabelMatcher{Type: prompb.LabelMatcher_EQ, Name: name, Value: value}
}

// samplesOf prints samples as time after the first and value; a marker of staleness is a dash.
func samplesOf(samples []prompb.Sample) string {
	var b strings.Builder
	for _, s := range samples {
		if value.IsStaleNaN(s.Value) {
			fmt.Fprintf(&b, "%d:- ", s.Timestamp/1000-now)
			continue
		}
		fmt.Fprintf(&b, "%d:%v ", s.Timestamp/1000-now, s.Value)
	}
	return strings.TrimSpace(b.String())
}

func readFixture(t *testing.T) *fixture {
	f := newFixture(t)
	h := f.host(1)
	f.fill(f.chart(h, wire.Chart{ID: "a.b"}, "y", "x"), now-30, now, func(d int, at int64) float64 {
		if d == 0 && at > now-27 && at < now-12 {
			return math.NaN()
		}
		return float64(at-now) + 0.1
	})
	f.fill(f.chart(h, wire.Chart{ID: "long.one"}, "d"), now-3600, now, func(_ int, at int64) float64 { return math.Float64frombits(uint64(at) * 0x9e3779b97f4a7c15 >> 2) })
	return f
}

const readWant = `__name__="a_b", chart="a.b", dimension="x", host="h1": -12:-11.899999618530273 -11:-10.899999618530273 -10:-9.899999618530273
__name__="a_b", chart="a.b", dimension="y", host="h1": -29:-28.899999618530273 -28:-27.899999618530273 -27:-26.899999618530273 -22:- -12:-11.899999618530273 -11:-10.899999618530273 -10:-9.899999618530273
`

func TestReadSamples(t *testing.T) {
	f := readFixture(t)
	w := f.postRead(&prompb.ReadRequest{Queries: []*prompb.Query{
		{StartTimestampMs: now*1000 - 12_999, EndTimestampMs: now*1000 - 9_001, Matchers: []*prompb.LabelMatcher{equal("__name__", "a_b"), equal("dimension", "x")}},
		{StartTimestampMs: now*1000 - 29_000, EndTimestampMs: now*1000 - 10_000, Matchers: []*prompb.LabelMatcher{equal("__name__", "a_b"), equal("dimension", "y")}},
		{StartTimestampMs: 0, EndTimestampMs: now*1000 - 3_700_000, Matchers: []*prompb.LabelMatcher{equal("host", "h1")}},
	}})
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/x-protobuf" || w.Header().Get("Content-Encoding") != "snappy" {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	message, err := s2.Decode(nil, w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var answer prompb.ReadResponse
	if err := answer.Unmarshal(message); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, res := range answer.Results {
		for _, s := range res.Timeseries {
			fmt.Fprintf(&b, "%s: %s\n", short(s.Labels), samplesOf(s.Samples))
		}
	}
	want(t, "samples", b.String(), readWant)
	if len(answer.Results) != 3 {
		t.Errorf("%d results", len(answer.Results))
	}
}

// short prints labels without the GUID.
func short(ls []prompb.Label) string {
	b := labels.NewScratchBuilder(0)
	for _, l := range ls {
		if l.Name != labelGUID {
			b.Add(l.Name, l.Value)
		}
	}
	return strings.Trim(b.Labels().String(), "{}")
}

// frames decodes a streamed answer.
func frames(t *testing.T, body []byte) []*prompb.ChunkedReadResponse {
	t.Helper()
	var list []*prompb.ChunkedReadResponse
	for len(body) > 0 {
		size, n := binary.Uvarint(body)
		if n <= 0 || uint64(len(body)-n-4) < size {
			t.Fatalf("a frame is cut off: %d of %d", len(body), size)
		}
		sum, message := binary.BigEndian.Uint32(body[n:]), body[n+4:n+4+int(size)]
		if sum != crc32.Checksum(message, crc32.MakeTable(crc32.Castagnoli)) {
			t.Fatal("the checksum of a frame is wrong")
		}
		r := &prompb.ChunkedReadResponse{}
		if err := r.Unmarshal(message); err != nil {
			t.Fatal(err)
		}
		list, body = append(list, r), body[n+4+int(size):]
	}
	return list
}

func decodeChunk(t *testing.T, c prompb.Chunk) (samples []prompb.Sample) {
	t.Helper()
	chunk, err := chunkenc.FromData(chunkenc.EncXOR, c.Data)
	if err != nil || c.Type != prompb.Chunk_XOR {
		t.Fatal(err, c.Type)
	}
	it := chunk.Iterator(nil)
	for it.Next() == chunkenc.ValFloat {
		at, v := it.At()
		samples = append(samples, prompb.Sample{Timestamp: at, Value: v})
	}
	if len(samples) == 0 || samples[0].Timestamp != c.MinTimeMs || samples[len(samples)-1].Timestamp != c.MaxTimeMs {
		t.Fatalf("chunk of %d samples from %d to %d", len(samples), c.MinTimeMs, c.MaxTimeMs)
	}
	return samples
}

func TestReadChunks(t *testing.T) {
	f := readFixture(t)
	w := f.postRead(&prompb.ReadRequest{
		AcceptedResponseTypes: []prompb.ReadRequest_ResponseType{prompb.ReadRequest_STREAMED_XOR_CHUNKS},
		Queries: []*prompb.Query{
			{StartTimestampMs: now*1000 - 12_999, EndTimestampMs: now*1000 - 9_001, Matchers: []*prompb.LabelMatcher{equal("__name__", "a_b"), equal("dimension", "x")}},
			{StartTimestampMs: now*1000 - 29_000, EndTimestampMs: now*1000 - 10_000, Matchers: []*prompb.LabelMatcher{equal("__name__", "a_b"), equal("dimension", "y")}},
			{StartTimestampMs: now*1000 - 3_600_000, EndTimestampMs: now * 1000, Matchers: []*prompb.LabelMatcher{equal("__name__", "long_one")}},
		},
	})
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	var b strings.Builder
	long := 0
	for _, frame := range frames(t, w.Body.Bytes()) {
		for _, s := range frame.ChunkedSeries {
			var samples []prompb.Sample
			for _, c := range s.Chunks {
				samples = append(samples, decodeChunk(t, c)...)
			}
			if frame.QueryIndex == 2 {
				long += len(samples)
				continue
			}
			fmt.Fprintf(&b, "%s: %s\n", short(s.Labels), samplesOf(samples))
		}
	}
	want(t, "chunks", b.String(), readWant)
	if long != 3600 {
		t.Errorf("%d samples of the long one", long)
	}
}

func TestReadErrors(t *testing.T) {
	f := readFixture(t)
	f.prom.opt.MaxSamples, f.prom.opt.MaxBody = 100, 5000
	all := []*prompb.Query{{EndTimestampMs: now * 1000, Matchers: []*prompb.LabelMatcher{equal("__name__", "long_one")}}}
	for what, c := range map[string]struct {
		w       *httptest.ResponseRecorder
		status  int
		message string
	}{
		"no snappy":       {f.postBody([]byte("\xff\xff\xff\xff\xff\xff")), 400, "snappy"},
		"a bomb":          {f.postBody(binary.AppendUvarint(nil, 1<<31)), 400, "snappy"},
		"no protobuf":     {f.postBody(s2.EncodeSnappy(nil, []byte("\xff\xff"))), 400, "decode"},
		"too large":       {f.postBody(make([]byte, 6000)), 413, "5000"},
		"too many":        {f.postRead(&prompb.ReadRequest{Queries: slices.Repeat(all, 101)}), 400, "100 queries"},
		"wrong expr":      {f.postRead(&prompb.ReadRequest{Queries: []*prompb.Query{{Matchers: []*prompb.LabelMatcher{{Type: 2, Name: "a", Value: "("}}}}}), 400, "matcher"},
		"unknown type":    {f.postRead(&prompb.ReadRequest{Queries: []*prompb.Query{{Matchers: []*prompb.LabelMatcher{{Type: 9, Name: "a"}}}}}), 400, "unknown type"},
		"unknown answer":  {f.postRead(&prompb.ReadRequest{AcceptedResponseTypes: []prompb.ReadRequest_ResponseType{7}}), 400, "response types"},
		"too many values": {f.postRead(&prompb.ReadRequest{Queries: all}), 400, "exceeded sample limit"},
		"GET":             {f.do(http.MethodGet, "/api/v1/read", nil), 405, ""},
	} {
		if c.w.Code != c.status || !strings.Contains(c.w.Body.String(), c.message) {
			t.Errorf("%s: %d %s", what, c.w.Code, c.w.Body)
		}
	}
}
