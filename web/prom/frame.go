package prom

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

const (
	samplesPerChunk = 120
	frameSize       = 1 << 20 // bytes of a frame, about: what Prometheus sends
)

// frameWriter writes the frames of a streamed remote read: length, CRC-32C and message.
type frameWriter struct{ w io.Writer }

// series writes a series, in as many frames as it takes.
func (f *frameWriter) series(query int64, ls labels.Labels, it chunkenc.Iterator) error {
	message := prompb.ChunkedSeries{Labels: prompb.FromLabels(ls, nil)}
	names := 0
	for _, l := range message.Labels {
		names += l.Size()
	}
	size := names
	for {
		chunk, err := nextChunk(it)
		if err != nil {
			return err
		}
		if chunk != nil {
			message.Chunks = append(message.Chunks, *chunk)
			size += chunk.Size()
		}
		if len(message.Chunks) > 0 && (chunk == nil || size >= frameSize) {
			if err := f.frame(query, &message); err != nil {
				return err
			}
			message.Chunks, size = message.Chunks[:0], names
		}
		if chunk == nil {
			return nil
		}
	}
}

// nextChunk returns the next samples as a chunk, nil when there are none.
func nextChunk(it chunkenc.Iterator) (*prompb.Chunk, error) {
	chunk := chunkenc.NewXORChunk()
	app, err := chunk.Appender()
	if err != nil {
		return nil, fmt.Errorf("begin a chunk: %w", err)
	}
	var first, last int64
	n := 0
	for n < samplesPerChunk && it.Next() != chunkenc.ValNone {
		t, v := it.At()
		if n == 0 {
			first = t
		}
		last = t
		app.Append(0, t, v)
		n++
	}
	if err := it.Err(); err != nil || n == 0 {
		return nil, err
	}
	return &prompb.Chunk{MinTimeMs: first, MaxTimeMs: last, Type: prompb.Chunk_XOR, Data: chunk.Bytes()}, nil
}

func (f *frameWriter) frame(query int64, s *prompb.ChunkedSeries) error {
	message, err := (&prompb.ChunkedReadResponse{ChunkedSeries: []*prompb.ChunkedSeries{s}, QueryIndex: query}).Marshal()
	if err != nil {
		return fmt.Errorf("encode a frame: %w", err)
	}
	head := binary.AppendUvarint(nil, uint64(len(message)))
	head = binary.BigEndian.AppendUint32(head, crc32.Checksum(message, crc32.MakeTable(crc32.Castagnoli)))
	for _, b := range [][]byte{head, message} {
		if _, err := f.w.Write(b); err != nil {
			return fmt.Errorf("send a frame: %w", err)
		}
	}
	return nil
}
