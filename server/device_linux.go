package server

import (
	"net/netip"
	"syscall"

	"foster/server/config"
)

// bindToDevice binds a socket to the interface of b; for IPv6 addresses the interface is the zone of the address.
func bindToDevice(b config.Bind) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) error {
		if ip, err := netip.ParseAddr(b.Host); err == nil && ip.Is6() {
			return nil
		}
		var err error
		if e := c.Control(func(fd uintptr) { err = syscall.BindToDevice(int(fd), b.Interface) }); e != nil {
			return e
		}
		return err
	}
}
