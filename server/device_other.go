//go:build !linux

package server

import (
	"errors"
	"syscall"

	"foster/server/config"
)

// bindToDevice is known on Linux only.
func bindToDevice(config.Bind) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, _ syscall.RawConn) error {
		return errors.New("binding to an interface works on Linux only")
	}
}
