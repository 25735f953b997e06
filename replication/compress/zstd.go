package compress

import "github.com/klauspost/compress/zstd"

// zstdBlocks checks what the decoder does not tell: that each frame holds
// whole zstd blocks, as a flushed stream has them, and that the stream goes on.
// The decoder would take a second zstd frame, or skip one, silently.
type zstdBlocks struct {
	frames *deframer
	begun  bool
}

func (z *zstdBlocks) inspect(payload []byte) ([]byte, error) {
	rest := payload
	if !z.begun {
		var h zstd.Header
		if err := h.Decode(payload); err != nil {
			return nil, z.frames.corrupt("bad zstd header", payload, err)
		}
		if h.Skippable {
			return nil, z.frames.corrupt("skippable data", payload, nil)
		}
		z.begun = true
		rest = rest[h.HeaderSize:]
	}
	for len(rest) > 0 {
		// Three bytes, little endian: last block, type (2 bits), size.
		if len(rest) < 3 {
			return nil, z.frames.corrupt("zstd block cut by its frame", payload, nil)
		}
		head := int(rest[0]) | int(rest[1])<<8 | int(rest[2])<<16
		rest = rest[3:]
		size := head >> 3
		switch head >> 1 & 3 {
		case 1: // one byte, repeated size times
			size = 1
		case 3:
			return nil, z.frames.corrupt("zstd block of reserved type", payload, nil)
		}
		if size > len(rest) {
			return nil, z.frames.corrupt("zstd block cut by its frame", payload, nil)
		}
		if head&1 != 0 {
			return nil, z.frames.corrupt("end of a stream that must not end", payload, nil)
		}
		rest = rest[size:]
	}
	return payload, nil
}
