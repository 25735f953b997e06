package main

import (
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"

	"foster/server"
	"foster/server/config"
)

// greet prints where the pages are and, at the first start, what to do next.
func greet(e *env, s *server.Server, opts server.Options) {
	sockets := s.Sockets()
	fmt.Fprintf(e.stdout, "\nfoster %s is running: %s\n", opts.Version, whereToLook(sockets, s.TLS()))
	path := filepath.Join(opts.ConfigDir, config.StreamFile)
	if key := s.FirstKey(); key != "" {
		fmt.Fprintf(e.stdout, "\nA first %s with a new API key has been written. To stream a Netdata agent here, put these lines\ninto its stream.conf (often /etc/netdata/stream.conf) and restart it:\n\n%s\n",
			path, indent(config.ChildLines([]string{destination(sockets, s.TLS())}, key)))
	} else if s.APIKey() == "" {
		fmt.Fprintf(e.stdout, "No child can connect yet: no API key is enabled in %s. \"foster key\" makes one.\n", path)
	} else {
		fmt.Fprintf(e.stdout, "The API keys of its children are in %s.\n", path)
	}
	if onlyHere(sockets) {
		fmt.Fprintln(e.stdout, "Only this machine can connect: it listens on no other address.")
	}
}

// onlyHere says whether no other machine can reach the sockets.
func onlyHere(sockets []server.Socket) bool {
	return len(sockets) > 0 && !slices.ContainsFunc(sockets, func(s server.Socket) bool {
		tcp, ok := s.Addr.(*net.TCPAddr)
		return ok && !tcp.IP.IsLoopback()
	})
}

func indent(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n    ") + "\n"
}

// whereToLook says how to get to the pages.
func whereToLook(sockets []server.Socket, tls bool) string {
	tcp, ok := firstTCP(sockets, config.ACLDashboard)
	if !ok {
		if len(sockets) == 0 {
			return "it listens nowhere"
		}
		return "it listens on " + sockets[0].Bind.String()
	}
	scheme := "http"
	if tls && tcp.Bind.SSL != config.SSLOptional {
		scheme = "https"
	}
	addr := tcp.Addr.(*net.TCPAddr)
	host := addr.IP.String()
	if addr.IP.IsUnspecified() || addr.IP.IsLoopback() {
		host = "localhost"
	}
	return fmt.Sprintf("open %s://%s/", scheme, net.JoinHostPort(host, fmt.Sprint(addr.Port)))
}

// destination returns what children write to reach this parent.
func destination(sockets []server.Socket, tls bool) string {
	tcp, ok := firstTCP(sockets, config.ACLStreaming)
	if !ok {
		if len(sockets) > 0 {
			return sockets[0].Bind.String()
		}
		return net.JoinHostPort(ownAddress(), config.DefaultPort)
	}
	addr := tcp.Addr.(*net.TCPAddr)
	host := addr.IP.String()
	if addr.IP.IsUnspecified() {
		host = ownAddress()
	}
	dest := net.JoinHostPort(host, fmt.Sprint(addr.Port))
	if tls && tcp.Bind.SSL == config.SSLForce {
		dest += ":SSL"
	}
	return dest
}

// firstTCP returns the first socket of TCP that offers a service.
func firstTCP(sockets []server.Socket, service config.ACL) (server.Socket, bool) {
	for _, s := range sockets {
		if _, ok := s.Addr.(*net.TCPAddr); ok && s.Bind.ACL.Has(service) {
			return s, true
		}
	}
	return server.Socket{}, false
}

// ownAddress returns an address at which other machines are likely to reach this one.
func ownAddress() string {
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
