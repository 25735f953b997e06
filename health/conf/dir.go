package conf

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// maxDepth is how deep sub-directories are read.
const maxDepth = 3

// Dir is a directory of definitions. Name stands before the names of its files in messages.
type Dir struct {
	Name string
	FS   fs.FS // nil: there is none
}

// Load reads the *.conf files of the user's directory, then those of the stock directory that the user has no file of the same
// name for. The definitions come in that order, the files of a directory by name. A file that cannot be read is a Problem;
// a directory that does not exist is none.
func Load(user, stock Dir) ([]*Definition, []Problem) {
	var l loader
	l.dir(user, ".", 0, nil)
	l.dir(stock, ".", 0, user.FS)
	return l.definitions, l.problems
}

type loader struct {
	definitions []*Definition
	problems    []Problem
}

// dir reads a directory and those below it, but for the files that over has, too.
func (l *loader) dir(d Dir, name string, depth int, over fs.FS) {
	if d.FS == nil || depth > maxDepth {
		return
	}
	entries, err := fs.ReadDir(d.FS, name)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) || depth > 0 {
			l.problems = append(l.problems, Problem{File: path.Join(d.Name, name), Text: err.Error()})
		}
		return
	}
	for _, e := range entries {
		file := path.Join(name, e.Name())
		switch {
		case e.IsDir():
			l.dir(d, file, depth+1, over)
		case !strings.HasSuffix(file, ".conf"):
		case over != nil && exists(over, file):
		default:
			l.file(d, file)
		}
	}
}

func exists(f fs.FS, name string) bool {
	info, err := fs.Stat(f, name)
	return err == nil && !info.IsDir()
}

func (l *loader) file(d Dir, name string) {
	full := path.Join(d.Name, name)
	definitions, problems, err := func() ([]*Definition, []Problem, error) {
		// A link to /dev/null, which hides a stock file, is no regular file either. Opening a pipe might wait for ever.
		if info, err := fs.Stat(d.FS, name); err == nil && info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket|fs.ModeDir) != 0 {
			return nil, nil, errors.New("it is not a file")
		}
		f, err := d.FS.Open(name)
		if err != nil {
			return nil, nil, fmt.Errorf("open %s: %w", full, err)
		}
		defer func() { _ = f.Close() }() // it was only read
		return Parse(f, full)
	}()
	if err != nil {
		problems = append(problems, Problem{File: full, Text: err.Error()})
	}
	l.definitions = append(l.definitions, definitions...)
	l.problems = append(l.problems, problems...)
}
