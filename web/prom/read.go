package prom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/s2"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	promstorage "github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// Bounds of a request to read.
const (
	mostReadQueries = 100
	mostReadBody    = 8 << 20 // bytes, decompressed
)

// read answers a remote read: series with their samples, as one message or as a stream of chunks. Points are always those
// as collected, while there are any. The gaps of a metric end with staleness markers, as those of a Prometheus do.
func (p *Prom) read(w http.ResponseWriter, r *http.Request) {
	request, err := decodeRead(r)
	if err != nil {
		http.Error(w, err.Error(), kindOf(err).status)
		return
	}
	stream, err := streamed(request.AcceptedResponseTypes)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	ctx, done, err := p.turn(r.Context(), 0)
	if err != nil {
		http.Error(w, err.Error(), kindOf(err).status)
		return
	}
	defer done()
	out := newSending(w)
	if stream {
		w.Header().Set("Content-Type", "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse")
		if p.readChunks(ctx, out, request) {
			done()
			_ = out.flush() // a client that is gone needs no answer
		}
		return
	}
	answer, err := p.readSamples(ctx, request)
	if err != nil {
		http.Error(w, err.Error(), kindOf(err).status)
		return
	}
	message, err := answer.Marshal()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	w.Header().Set("Content-Encoding", "snappy")
	if _, err := out.Write(s2.EncodeSnappy(nil, message)); err != nil {
		return // the client is gone
	}
	done()
	_ = out.flush() // a client that is gone needs no answer
}

// decodeRead returns the request, which comes as a snappy block.
func decodeRead(r *http.Request) (*prompb.ReadRequest, error) {
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "snappy") {
		return nil, errorf(badData, "the body of a remote read is compressed by snappy, not by %q", encoding)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, badForm(err)
	}
	if n, err := s2.DecodedLen(body); err != nil || n > mostReadBody {
		return nil, errorf(badData, "the body is not a snappy block of at most %d bytes", mostReadBody)
	}
	message, err := s2.Decode(nil, body)
	if err != nil {
		return nil, errorf(badData, "decompress the body: %w", err)
	}
	request := &prompb.ReadRequest{}
	if err := request.Unmarshal(message); err != nil {
		return nil, errorf(badData, "decode the request: %w", err)
	}
	if len(request.Queries) > mostReadQueries {
		return nil, errorf(badData, "there are more than %d queries", mostReadQueries)
	}
	return request, nil
}

// streamed says which form of answer the client prefers of those there are.
func streamed(accepted []prompb.ReadRequest_ResponseType) (bool, error) {
	if len(accepted) == 0 {
		return false, nil
	}
	for _, kind := range accepted {
		switch kind {
		case prompb.ReadRequest_SAMPLES:
			return false, nil
		case prompb.ReadRequest_STREAMED_XOR_CHUNKS:
			return true, nil
		}
	}
	return false, fmt.Errorf("none of the response types %v is known", accepted)
}

// eachRead calls visit for each series of a query of a remote read, in the order of labels.
func (p *Prom) eachRead(ctx context.Context, query *prompb.Query, visit func(promstorage.Series, chunkenc.Iterator) error) (err error) {
	matchers, err := matchersOfRead(query.Matchers)
	if err != nil {
		return err
	}
	q := &querier{prom: p, reading: reading{hosts: p.hosts(), named: namedBy(matchers)}, mint: query.StartTimestampMs, maxt: query.EndTimestampMs}
	defer func() { err = errors.Join(err, q.Close()) }()
	// The hints of the client are for its own selector, whose range may be a part of what it asks for.
	hints := &promstorage.SelectHints{Start: query.StartTimestampMs, End: query.EndTimestampMs}
	if query.Hints != nil {
		hints.Func = query.Hints.Func
	}
	set := q.Select(ctx, true, hints, matchers...)
	var it chunkenc.Iterator
	for set.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		s := set.At()
		it = s.Iterator(it)
		if err := visit(s, it); err != nil {
			return err
		}
	}
	return set.Err()
}

func matchersOfRead(given []*prompb.LabelMatcher) ([]*labels.Matcher, error) {
	matchers := make([]*labels.Matcher, 0, len(given))
	for _, g := range given {
		kinds := map[prompb.LabelMatcher_Type]labels.MatchType{
			prompb.LabelMatcher_EQ: labels.MatchEqual, prompb.LabelMatcher_NEQ: labels.MatchNotEqual,
			prompb.LabelMatcher_RE: labels.MatchRegexp, prompb.LabelMatcher_NRE: labels.MatchNotRegexp,
		}
		kind, known := kinds[g.Type]
		if !known {
			return nil, errorf(badData, "a matcher has the unknown type %d", g.Type)
		}
		m, err := labels.NewMatcher(kind, g.Name, g.Value)
		if err != nil {
			return nil, errorf(badData, "matcher of label %q: %w", g.Name, err)
		}
		matchers = append(matchers, m)
	}
	return matchers, nil
}

// readSamples returns the answer as one message.
func (p *Prom) readSamples(ctx context.Context, request *prompb.ReadRequest) (*prompb.ReadResponse, error) {
	answer := &prompb.ReadResponse{Results: make([]*prompb.QueryResult, len(request.Queries))}
	left := p.opt.MaxSamples
	for i, query := range request.Queries {
		res := &prompb.QueryResult{}
		answer.Results[i] = res
		err := p.eachRead(ctx, query, func(s promstorage.Series, it chunkenc.Iterator) error {
			var samples []prompb.Sample
			for it.Next() != chunkenc.ValNone {
				if left--; left < 0 {
					return errorf(badData, "exceeded sample limit (%d)", p.opt.MaxSamples)
				}
				t, v := it.At()
				samples = append(samples, prompb.Sample{Timestamp: t, Value: v})
			}
			if len(samples) > 0 {
				res.Timeseries = append(res.Timeseries, &prompb.TimeSeries{Labels: prompb.FromLabels(s.Labels(), nil), Samples: samples})
			}
			return it.Err()
		})
		if err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// readChunks writes the answer as a stream of chunks. It is false when another answer was given, about an error; an error after
// some of the stream was sent cuts the connection, so that this is never taken for everything.
func (p *Prom) readChunks(ctx context.Context, to *sending, request *prompb.ReadRequest) bool {
	out := &frameWriter{w: to}
	for i, query := range request.Queries {
		err := p.eachRead(ctx, query, func(s promstorage.Series, it chunkenc.Iterator) error {
			return out.series(int64(i), s.Labels(), it)
		})
		switch {
		case err == nil:
		case to.passing:
			if !errors.Is(err, context.Canceled) {
				p.opt.Log.Warn("a remote read was cut off", "error", err)
			}
			panic(http.ErrAbortHandler)
		default:
			http.Error(to.ResponseWriter, err.Error(), kindOf(err).status)
			return false
		}
	}
	return true
}
