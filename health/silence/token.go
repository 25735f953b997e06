package silence

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/google/uuid"

	"foster/internal/newfile"
)

// TokenFile is the name of the file with the management token, in the data directory.
const TokenFile = "netdata.api.key"

// maxToken bounds the token, in bytes.
const maxToken = 256

// Token returns the management token kept in a file: its first line. A file that does not exist is made, with a token that
// nobody can guess, and readable by its owner alone.
func Token(path string) (string, error) {
	err := newfile.Create(path, uuid.NewString()+"\n", 0o600)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("make the management token: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read the management token: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxToken+1))
	if err != nil {
		return "", fmt.Errorf("read the management token: %w", err)
	}
	line, _, _ := strings.Cut(string(data), "\n")
	token := strings.TrimSpace(line)
	if token == "" || len(token) > maxToken {
		return "", fmt.Errorf("read the management token: %s has none in its first line", path)
	}
	return token, nil
}
