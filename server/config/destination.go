package config

import (
	"errors"
	"fmt"
	"strings"
)

// Destination is one parent to stream to.
type Destination struct {
	Network   string // "tcp" or "unix"
	Host      string // for unix the path of the socket
	Interface string // the zone of an IPv6 address
	Port      string // number or service name; empty for unix
	TLS       bool
}

// Address returns the address for net.Dial on d.Network.
func (d Destination) Address() string {
	if d.Network == "unix" {
		return d.Host
	}
	return endpoint{host: d.Host, iface: d.Interface, port: d.Port}.address()
}

// String returns the item in the grammar of destination.
func (d Destination) String() string {
	s := "unix:" + d.Host
	if d.Network != "unix" {
		b := Bind{Host: d.Host, Interface: d.Interface, Port: d.Port, ACL: ACLAll}
		s = b.String()
	}
	if d.TLS {
		s += ":SSL"
	}
	return s
}

// ParseDestinations parses the list of [stream] destination, in which items
// are separated by blanks or commas and the first is preferred:
//
//	[tcp:]HOST[%INTERFACE][:PORT][:SSL]
//	unix:PATH[:SSL], or /PATH[:SSL]
//
// defaultPort is for items without a port. The error joins one error for each
// refused item; the others are returned.
func ParseDestinations(list, defaultPort string) ([]Destination, error) {
	var (
		destinations []Destination
		errs         []error
	)
	for _, item := range words(list) {
		d, err := parseDestination(item, defaultPort)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		destinations = append(destinations, d)
	}
	return destinations, errors.Join(errs...)
}

func parseDestination(item, defaultPort string) (Destination, error) {
	address, tls := strings.CutSuffix(item, ":SSL")
	path, unix := strings.CutPrefix(address, "unix:")
	if unix || strings.HasPrefix(address, "/") {
		if path == "" {
			return Destination{}, fmt.Errorf("%s: no path of a socket", excerpt(item))
		}
		return Destination{Network: "unix", Host: path, TLS: tls}, nil
	}
	if strings.HasPrefix(address, "udp:") {
		return Destination{}, fmt.Errorf("%s: parents do not accept udp", excerpt(item))
	}
	e, err := parseEndpoint(strings.TrimPrefix(address, "tcp:"))
	if err != nil {
		return Destination{}, err
	}
	if e.host == "" || strings.IndexByte(e.host, '*') >= 0 {
		return Destination{}, fmt.Errorf("%s: no host to connect to", excerpt(item))
	}
	if e.port == "" {
		e.port = defaultPort
	}
	return Destination{Network: "tcp", Host: e.host, Interface: e.iface, Port: e.port, TLS: tls}, nil
}
