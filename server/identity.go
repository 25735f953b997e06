package server

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"foster/internal/newfile"
	"foster/server/config"
)

// guidFile in the data directory holds the machine GUID of this parent.
const guidFile = "machine-guid"

// ForHeader is a header with the machine GUID of the parent that a request is for: another one refuses it with status 421.
const ForHeader = "Foster-Machine-Guid"

// forAnother says that a request is for another parent, if it is.
func (s *Server) forAnother(w http.ResponseWriter, r *http.Request) bool {
	guid := r.Header.Get(ForHeader)
	if guid == "" || guid == s.guid {
		return false
	}
	http.Error(w, "this parent is "+s.guid, http.StatusMisdirectedRequest)
	return true
}

// MachineGUID returns the machine GUID of the parent that owns a data directory. The error is fs.ErrNotExist when none does.
func MachineGUID(dataDir string) (string, error) { return readGUID(filepath.Join(dataDir, guidFile)) }

// machineGUID returns the machine GUID of the parent that owns the data directory; the first start makes one.
func machineGUID(dataDir string) (string, error) {
	path := filepath.Join(dataDir, guidFile)
	guid, err := readGUID(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return guid, err
	}
	guid = uuid.NewString()
	switch err := newfile.Create(path, guid+"\n", 0o644); {
	case errors.Is(err, fs.ErrExist): // another start was faster
		return readGUID(path)
	case err != nil:
		return "", fmt.Errorf("write the machine GUID: %w", err)
	}
	return guid, nil
}

func readGUID(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the machine GUID: %w", err)
	}
	guid, ok := config.CanonicalGUID(strings.TrimSpace(string(text)))
	if !ok {
		return "", fmt.Errorf("read the machine GUID: %s does not hold a GUID", path)
	}
	return guid, nil
}
