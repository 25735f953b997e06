package config

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// maxHost is the longest host name of DNS, in bytes; unix paths and
// interface names have their own limits in the kernel.
const maxHost = 253

// endpoint is the HOST[%INTERFACE][:PORT] that listening addresses and
// destinations have in common.
type endpoint struct {
	host  string // without brackets
	iface string
	port  string // empty when not given
}

// parseEndpoint parses HOST[%INTERFACE][:PORT]. The host may be empty.
func parseEndpoint(s string) (endpoint, error) {
	var (
		e    endpoint
		rest string // behind the host
	)
	if strings.HasPrefix(s, "[") {
		host, after, closed := strings.Cut(s[1:], "]")
		if !closed {
			return e, fmt.Errorf("%s: bracket is not closed", excerpt(s))
		}
		// fe80::1%eth0 is also met inside the brackets.
		host, zone, zoned := strings.Cut(host, "%")
		if addr, err := netip.ParseAddr(host); err != nil || !addr.Is6() {
			return e, fmt.Errorf("%s: %s is not an IPv6 address", excerpt(s), excerpt(host))
		}
		if zoned {
			if after != "" && after[0] == '%' {
				return e, fmt.Errorf("%s: two interfaces", excerpt(s))
			}
			after = "%" + zone + after
		}
		e.host, rest = host, after
		if rest != "" && rest[0] != '%' && rest[0] != ':' {
			return e, fmt.Errorf("%s: unexpected text after the bracket", excerpt(s))
		}
	} else {
		i := strings.IndexAny(s, "%:")
		if i < 0 {
			i = len(s)
		}
		e.host, rest = s[:i], s[i:]
		if err := checkHost(e.host); err != nil {
			return e, fmt.Errorf("%s: %w", excerpt(s), err)
		}
	}

	if after, ok := strings.CutPrefix(rest, "%"); ok {
		i := strings.IndexByte(after, ':')
		if i < 0 {
			i = len(after)
		}
		e.iface, rest = after[:i], after[i:]
		if err := checkInterface(e.iface); err != nil {
			return e, fmt.Errorf("%s: %w", excerpt(s), err)
		}
	}
	if after, ok := strings.CutPrefix(rest, ":"); ok {
		if strings.IndexByte(after, ':') >= 0 {
			return e, fmt.Errorf("%s: more than one port; an IPv6 address needs brackets", excerpt(s))
		}
		if err := checkPort(after); err != nil {
			return e, fmt.Errorf("%s: %w", excerpt(s), err)
		}
		e.port = after
	}
	return e, nil
}

// checkHost accepts what can be a host name or an IPv4 address; the resolver
// is the judge of the rest.
func checkHost(s string) error {
	if len(s) > maxHost {
		return fmt.Errorf("host name longer than %d bytes", maxHost)
	}
	for i := range len(s) {
		if !isWordByte(s[i]) && s[i] != '*' {
			return fmt.Errorf("%s is not a host name", excerpt(s))
		}
	}
	return nil
}

func checkInterface(s string) error {
	if s == "" || len(s) > 15 { // IFNAMSIZ of Linux, without its NUL
		return fmt.Errorf("%s is not an interface name", excerpt(s))
	}
	for i := range len(s) {
		if !isWordByte(s[i]) && s[i] != '@' {
			return fmt.Errorf("%s is not an interface name", excerpt(s))
		}
	}
	return nil
}

// checkPort accepts 1 to 65535, and service names as in /etc/services.
func checkPort(s string) error {
	if s == "" {
		return fmt.Errorf("empty port")
	}
	if strings.Trim(s, "0123456789") == "" {
		if n, err := strconv.ParseUint(s, 10, 16); err != nil || n == 0 {
			return fmt.Errorf("port %s is not between 1 and 65535", excerpt(s))
		}
		return nil
	}
	for i := range len(s) {
		if !isWordByte(s[i]) || len(s) > 32 {
			return fmt.Errorf("%s is neither a port number nor a service name", excerpt(s))
		}
	}
	return nil
}

// isWordByte reports whether c may stand in the name of a host, interface or
// service. Bytes of UTF-8 are left to the resolver.
func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '.' || c == '-' || c == '_' || c >= 0x80
}

// address joins the parts for net.Dial and net.Listen. The interface is the
// zone of an IPv6 address.
func (e endpoint) address() string {
	host := e.host
	if e.iface != "" && strings.Contains(host, ":") {
		host += "%" + e.iface
	}
	return net.JoinHostPort(host, e.port)
}

// words splits a list at blanks and commas.
func words(list string) []string {
	return strings.FieldsFunc(list, func(c rune) bool { return strings.ContainsRune(" ,\t\n\v\f\r", c) })
}
