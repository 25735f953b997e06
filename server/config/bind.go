package config

import (
	"errors"
	"fmt"
	"strings"
)

// DefaultPort is the port of Netdata's web server and streaming.
const DefaultPort = "19999"

// ACL is the set of services that a listening socket offers.
type ACL uint8

// The services of [web] bind to.
const (
	ACLDashboard ACL = 1 << iota
	ACLRegistry
	ACLBadges
	ACLManagement
	ACLStreaming
	ACLConfig // netdata.conf
	ACLMCP

	ACLAll = ACLDashboard | ACLRegistry | ACLBadges | ACLManagement | ACLStreaming | ACLConfig | ACLMCP
)

// aclWords holds the spellings of the services, in the order of their bits.
var aclWords = [...]string{"dashboard", "registry", "badges", "management", "streaming", "netdata.conf", "mcp"}

// Has reports whether all services of want are offered.
func (a ACL) Has(want ACL) bool { return a&want == want }

// String returns the words of the set joined by |, as in the configuration.
func (a ACL) String() string {
	var set []string
	for i, word := range aclWords {
		if a&(1<<i) != 0 {
			set = append(set, word)
		}
	}
	return strings.Join(set, "|")
}

// SSLMode says what a socket does with plain connections when there is a
// certificate. Without one every connection is plain.
type SSLMode uint8

const (
	// SSLDefault redirects plain HTTP to HTTPS and accepts plain streams.
	SSLDefault SSLMode = iota
	// SSLOptional serves both.
	SSLOptional
	// SSLForce redirects plain HTTP and refuses plain streams.
	SSLForce
)

// String returns "default", "optional" or "force".
func (m SSLMode) String() string {
	switch m {
	case SSLOptional:
		return "optional"
	case SSLForce:
		return "force"
	}
	return "default"
}

// Bind is one address to listen on.
type Bind struct {
	Network   string // "tcp" or "unix"
	Host      string // empty: all addresses; for unix the path of the socket
	Interface string // the zone of an IPv6 address; for others to bind to that device
	Port      string // number or service name; empty for unix
	ACL       ACL
	SSL       SSLMode
}

// Address returns the address for net.Listen on b.Network.
func (b Bind) Address() string {
	if b.Network == "unix" {
		return b.Host
	}
	return endpoint{host: b.Host, iface: b.Interface, port: b.Port}.address()
}

// String returns the item in the grammar of bind to.
func (b Bind) String() string {
	if b.Network == "unix" {
		return "unix:" + b.Host
	}
	var s strings.Builder
	switch {
	case b.Host == "":
		s.WriteByte('*')
	case strings.Contains(b.Host, ":"):
		s.WriteString("[" + b.Host + "]")
	case b.Host == "tcp" || b.Host == "udp" || b.Host == "unix":
		// A host of that name has to be told from the protocol.
		s.WriteString("tcp:" + b.Host)
	default:
		s.WriteString(b.Host)
	}
	if b.Interface != "" {
		s.WriteString("%" + b.Interface)
	}
	s.WriteString(":" + b.Port)
	if b.ACL != ACLAll {
		s.WriteString("=" + b.ACL.String())
	}
	if b.SSL != SSLDefault {
		s.WriteString("^SSL=" + b.SSL.String())
	}
	return s.String()
}

// ParseBinds parses the list of [web] bind to, in which items are separated by
// blanks or commas:
//
//	[tcp:]HOST[%INTERFACE][:PORT][=ACL|ACL...][^SSL=optional|force]
//	unix:PATH
//
// HOST is an IPv4 address, an IPv6 address in brackets or a name; *, any, all
// and nothing stand for all addresses. Without =ACL every service is offered.
// Unlike Netdata (netdata v2.11.0: src/libnetdata/socket/listen-sockets.c) it
// takes ^SSL= without an ACL, too, and an item with a word it does not know is
// refused and not half understood. defaultPort is for items without a port.
//
// The error joins one error for each refused item; the others are returned.
func ParseBinds(list, defaultPort string) ([]Bind, error) {
	var (
		binds []Bind
		errs  []error
	)
	for _, item := range words(list) {
		b, err := parseBind(item, defaultPort)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		binds = append(binds, b)
	}
	if len(binds) == 0 && len(errs) == 0 {
		errs = append(errs, errors.New("no address to listen on"))
	}
	return binds, errors.Join(errs...)
}

func parseBind(item, defaultPort string) (Bind, error) {
	if path, ok := strings.CutPrefix(item, "unix:"); ok {
		if path == "" {
			return Bind{}, fmt.Errorf("%s: no path of a socket", excerpt(item))
		}
		return Bind{Network: "unix", Host: path, ACL: ACLAll}, nil
	}
	if strings.HasPrefix(item, "udp:") {
		return Bind{}, fmt.Errorf("%s: udp is not served", excerpt(item))
	}
	b := Bind{Network: "tcp", ACL: ACLAll}
	address := strings.TrimPrefix(item, "tcp:")

	if i := strings.IndexByte(address, '^'); i >= 0 {
		mode, err := parseSSLMode(address[i:])
		if err != nil {
			return Bind{}, fmt.Errorf("%s: %w", excerpt(item), err)
		}
		b.SSL, address = mode, address[:i]
	}
	address, services, limited := strings.Cut(address, "=")
	if limited {
		acl, err := parseACL(services)
		if err != nil {
			return Bind{}, fmt.Errorf("%s: %w", excerpt(item), err)
		}
		b.ACL = acl
	}

	e, err := parseEndpoint(address)
	if err != nil {
		return Bind{}, err
	}
	switch e.host {
	case "*", "any", "all":
		e.host = ""
	default:
		if strings.IndexByte(e.host, '*') >= 0 {
			return Bind{}, fmt.Errorf("%s: %s is not a host name", excerpt(item), excerpt(e.host))
		}
	}
	if e.port == "" {
		e.port = defaultPort
	}
	b.Host, b.Interface, b.Port = e.host, e.iface, e.port
	return b, nil
}

// parseSSLMode parses "^SSL=optional" or "^SSL=force".
func parseSSLMode(s string) (SSLMode, error) {
	switch s {
	case "^SSL=optional":
		return SSLOptional, nil
	case "^SSL=force":
		return SSLForce, nil
	}
	return SSLDefault, fmt.Errorf("%s is neither ^SSL=optional nor ^SSL=force", excerpt(s))
}

// parseACL parses service words joined by |.
func parseACL(s string) (ACL, error) {
	var acl ACL
next:
	for word := range strings.SplitSeq(s, "|") {
		for i, known := range aclWords {
			if word == known {
				acl |= 1 << i
				continue next
			}
		}
		return 0, fmt.Errorf("unknown service %s, not one of %s", excerpt(word), ACLAll)
	}
	return acl, nil
}
