//go:build !(linux || darwin || freebsd)

package machine

import "errors"

// Space is not known here.
func Space(string) (size, free int64, err error) {
	return 0, 0, errors.New("the space of file systems is not known on this system")
}
