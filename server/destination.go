package server

import (
	"fmt"
	"net"

	"foster/internal/machine"
	"foster/server/config"
)

// Destination returns what children write to reach this parent.
func Destination(sockets []Socket, tls bool) string {
	tcp, ok := FirstTCP(sockets, config.ACLStreaming)
	if !ok {
		if len(sockets) > 0 {
			return sockets[0].Bind.String()
		}
		return net.JoinHostPort(OwnAddress(), config.DefaultPort)
	}
	addr := tcp.Addr.(*net.TCPAddr)
	host := addr.IP.String()
	if addr.IP.IsUnspecified() {
		host = OwnAddress()
	}
	dest := net.JoinHostPort(host, fmt.Sprint(addr.Port))
	if tls && tcp.Bind.SSL == config.SSLForce {
		dest += ":SSL"
	}
	return dest
}

// Published says whether the parent listens on all addresses of a container: other machines do not reach these, but a port of the
// machine that the container runs on.
func Published(sockets []Socket) bool {
	tcp, ok := FirstTCP(sockets, config.ACLStreaming)
	return ok && tcp.Addr.(*net.TCPAddr).IP.IsUnspecified() && machine.Facts()["NETDATA_SYSTEM_CONTAINER"] != ""
}

// FirstTCP returns the first socket of TCP that offers a service.
func FirstTCP(sockets []Socket, service config.ACL) (Socket, bool) {
	for _, s := range sockets {
		if _, ok := s.Addr.(*net.TCPAddr); ok && s.Bind.ACL.Has(service) {
			return s, true
		}
	}
	return Socket{}, false
}

// OwnAddress returns an address at which other machines are likely to reach this one.
func OwnAddress() string {
	addrs, err := net.InterfaceAddrs()
	if err == nil {
		for _, a := range addrs {
			if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil && ip.IP.IsGlobalUnicast() {
				return ip.IP.String()
			}
		}
	}
	return "127.0.0.1"
}
