package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"foster/server/config"
)

// guidFile in the data directory holds the machine GUID of this parent.
const guidFile = "machine-guid"

// machineGUID returns the machine GUID of the parent that owns the data directory; the first start makes one.
func machineGUID(dataDir string) (string, error) {
	path := filepath.Join(dataDir, guidFile)
	text, err := os.ReadFile(path)
	switch {
	case err == nil:
		guid, ok := config.CanonicalGUID(strings.TrimSpace(string(text)))
		if !ok {
			return "", fmt.Errorf("%s does not hold a GUID", path)
		}
		return guid, nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("read the machine GUID: %w", err)
	}
	guid := uuid.NewString()
	if err := os.WriteFile(path+".new", []byte(guid+"\n"), 0o644); err != nil {
		return "", fmt.Errorf("write the machine GUID: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return "", fmt.Errorf("write the machine GUID: %w", err)
	}
	return guid, nil
}
