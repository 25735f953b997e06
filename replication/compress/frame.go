package compress

const (
	headerSize = 4
	signature  = 0xFA

	// maxPlain bounds the plain text of one frame. Agents put at most 16384
	// bytes into a frame; four times that is refused as a bomb.
	maxPlain = 64 << 10
)

// isHeaderByte reports whether b may stand at position i of a frame header.
func isHeaderByte(i int, b byte) bool {
	switch i {
	case 0:
		return b == signature
	case 1, 2:
		return b&0x80 != 0
	default:
		return b == '\n'
	}
}

// parseHeader returns the payload length of the frame that b begins with. It
// reports false if the first headerSize bytes are no header.
func parseHeader(b []byte) (size int, ok bool) {
	for i := range headerSize {
		if !isHeaderByte(i, b[i]) {
			return 0, false
		}
	}
	return int(b[1]&0x7F) | int(b[2]&0x7F)<<7, true
}

// putHeader writes the header of a payload of size bytes into b.
func putHeader(b []byte, size int) {
	b[0] = signature
	b[1] = 0x80 | byte(size&0x7F)
	b[2] = 0x80 | byte(size>>7)
	b[3] = '\n'
}
