package compress

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds how far zstd and brotli may look back, and with it the
// memory a child can claim. Agents use 2 MiB (zstd) and 4 MiB (brotli).
const maxWindow = 8 << 20

const gzipHeaderSize = 10

// streamReader decodes the algorithms that are one stream over all frames.
type streamReader struct {
	frames *deframer
	dec    io.Reader // set up by the first Read
}

func (s *streamReader) Read(p []byte) (int, error) {
	n, err := s.decode(p)
	s.frames.plain += n
	switch excess := s.frames.plain - maxPlain; {
	case excess > 0:
		return n - excess, s.frames.corrupt("more than 64 KiB come out of a frame", s.frames.frame, ErrBomb)
	case err == nil && n > 0:
		return n, nil
	case err == nil, errors.Is(err, io.EOF): // if only the frames ended, it is unexpected to the decoder
		return n, s.frames.corrupt("end of a stream that must not end", s.frames.frame, nil)
	case s.frames.err != nil: // what the decoder makes of it says less
		return n, s.frames.err
	}
	return n, s.frames.corrupt("corrupt data", s.frames.frame, err)
}

func (s *streamReader) decode(p []byte) (int, error) {
	if s.dec == nil {
		if err := s.open(); err != nil {
			return 0, err
		}
	}
	// A decoder works from one frame in one call, as it asks for another
	// only when it has nothing to deliver. So this stops a bomb at once.
	return s.dec.Read(p[:min(len(p), maxPlain)])
}

func (s *streamReader) open() error {
	switch s.frames.algorithm {
	case ZSTD:
		blocks := zstdBlocks{frames: s.frames}
		s.frames.inspect = blocks.inspect
		dec, err := zstd.NewReader(s.frames,
			zstd.WithDecoderConcurrency(1), // decodes in Read, without goroutines
			zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxWindow),
			zstd.WithDecoderMaxMemory(maxWindow),
		)
		if err != nil {
			return err
		}
		s.dec = dec
	case GZIP:
		s.frames.inspect = s.inspectGZIP
		s.dec = flate.NewReader(bufio.NewReaderSize(s.frames, 1<<10)) // 15 % faster than without bufio
	case Brotli:
		s.frames.inspect = s.inspectBrotli
		s.dec = brotli.NewReader(s.frames)
	default:
		return fmt.Errorf("no decoder for %s", s.frames.algorithm)
	}
	return nil
}

func (s *streamReader) close() {
	if dec, ok := s.dec.(*zstd.Decoder); ok {
		dec.Close()
	}
}

// inspectGZIP takes off the gzip header, ten bytes as zlib writes them. What
// comes then is deflate: the checksum gzip adds would follow the end, which
// never comes.
func (s *streamReader) inspectGZIP(payload []byte) ([]byte, error) {
	s.frames.inspect = nil // the stream begins once
	if len(payload) < gzipHeaderSize || string(payload[:4]) != "\x1F\x8B\x08\x00" {
		return nil, s.frames.corrupt("bad gzip header", payload, nil)
	}
	return payload[gzipHeaderSize:], nil
}

// inspectBrotli refuses a window above maxWindow, for which the decoder has no
// option. Of the sizes in RFC 7932, section 9.1, that is only 16 MiB.
func (s *streamReader) inspectBrotli(payload []byte) ([]byte, error) {
	s.frames.inspect = nil // the stream begins once
	if payload[0]&0x0F == 0x0F {
		return nil, s.frames.corrupt("brotli window above 8 MiB", payload, nil)
	}
	return payload, nil
}
