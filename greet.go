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
			path, indent(config.ChildLines([]string{server.Destination(sockets, s.TLS())}, key)))
		if server.Published(sockets) {
			fmt.Fprintln(e.stdout, "This is a container. To agents outside of its network the destination is the address of its host, and the port that was\npublished there.")
		}
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
	tcp, ok := server.FirstTCP(sockets, config.ACLDashboard)
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
