package silence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// maxFile bounds the files, in bytes.
const maxFile = 8 << 20

// load reads a file, when it is there, with parse. One that parse does not understand is moved aside.
func (s *Set) load(path string, parse func(data []byte) error) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	if len(data) > maxFile {
		err = fmt.Errorf("it has more than %d bytes", maxFile)
	} else {
		err = parse(data)
	}
	if err == nil {
		return nil
	}
	aside := fmt.Sprintf("%s.corrupt-%d", path, time.Now().Unix())
	s.log.Error("a file of silences cannot be understood: it is moved aside", "file", path, "moved_to", aside, "error", err)
	return os.Rename(path, aside)
}

// readOwn reads foster's own file.
func (s *Set) readOwn(data []byte) error {
	var o own
	if err := Unmarshal(data, &o); err != nil {
		return err
	}
	if len(o.Silences) > maxKept || len(o.Windows) > maxKept {
		return ErrTooMany
	}
	// What has expired is no error, and what began more than a year ago neither: as of their beginning they are checked.
	for i := range o.Silences {
		if err := o.Silences[i].validate(o.Silences[i].Created); err != nil {
			return fmt.Errorf("silence %d: %w", i+1, err)
		}
	}
	for i := range o.Windows {
		if err := o.Windows[i].validate(o.Windows[i].Created); err != nil {
			return fmt.Errorf("maintenance window %d: %w", i+1, err)
		}
	}
	s.own = o
	return nil
}

// Unmarshal reads one JSON value, and nothing else may follow. A key that is not known is an error.
func Unmarshal(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the value")
	}
	return nil
}

func writeJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	return writeFile(path, append(data, '\n'))
}

// writeFile replaces a file as a whole.
func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(0o640), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
