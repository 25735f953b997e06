package tier

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/prometheus/prometheus/tsdb/record"
)

// The TSDB's log (prometheus tsdb/docs/format/wal.md): pages, in which there are parts of records with a header of a type,
// two bytes length and a CRC-32C.
const (
	logPage       = 32 << 10
	partHeader    = 7
	partType      = 7      // bits of the type byte; the others say how the record is compressed
	partFull      = 1      // the record
	partFirst     = 2      // its beginning
	nothingMarked = 1 << 7 // a type of record that no TSDB knows, and all pass over
)

// unmark takes the marks out of the log of late points, whose records are whole. A mark says that the points of a series up to
// there are in a chunk of the head, and has them forgotten when the log is read; but not every point before a mark is in a
// chunk of which a mark tells, and mend has removed the chunks.
//
// It writes over them, five bytes each: there may be no space for more.
func unmark(dir string) error {
	segments, err := segmentsOf(dir)
	if err != nil {
		return err
	}
	for _, name := range segments {
		if err := unmarkSegment(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("take the marks out of the log of late points: %w", err)
		}
	}
	return nil
}

func unmarkSegment(path string) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var page [logPage]byte
	changed := false
	for at := int64(0); ; at += logPage {
		n, err := io.ReadFull(io.NewSectionReader(f, at, logPage), page[:])
		for i := 0; i+partHeader < n && page[i] != 0; {
			header, data := page[i:i+partHeader], page[i+partHeader:n]
			length := int(binary.BigEndian.Uint16(header[1:]))
			if length > len(data) {
				break
			}
			data = data[:length]
			if kind := header[0] & partType; length > 0 && (kind == partFull || kind == partFirst) && header[0] == kind && data[0] == byte(record.MmapMarkers) {
				data[0] = nothingMarked
				binary.BigEndian.PutUint32(header[3:], crc32.Checksum(data, castagnoli))
				if _, err := f.WriteAt(page[i+3:i+partHeader+1], at+int64(i)+3); err != nil {
					return err
				}
				changed = true
			}
			i += partHeader + length
		}
		switch {
		case err == nil:
			continue
		case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
			return err
		case changed:
			return f.Sync()
		}
		return nil
	}
}
