package server

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"foster/internal/pattern"
	"foster/server/config"
)

const (
	// dnsTimeout bounds the name look-ups for one connection.
	dnsTimeout = 2 * time.Second
	// maxNames is how many names of one address are verified. Their owner can make as many as he likes.
	maxNames = 4
)

// resolver looks up the names of peers for allow … from lists that hold names.
type resolver struct {
	names     func(ctx context.Context, ip string) ([]string, error)
	addresses func(ctx context.Context, name string) ([]string, error)
}

func systemResolver() resolver {
	return resolver{names: net.DefaultResolver.LookupAddr, addresses: net.DefaultResolver.LookupHost}
}

// verified returns the names of an address that point back to it: whoever owns the address chose its names.
func (r resolver) verified(ctx context.Context, ip string) []string {
	ctx, cancel := context.WithTimeout(ctx, dnsTimeout)
	defer cancel()
	names, err := r.names(ctx, ip)
	if err != nil {
		return nil
	}
	var verified []string
	for _, name := range names[:min(len(names), maxNames)] {
		if addrs, err := r.addresses(ctx, name); err == nil && slices.Contains(addrs, ip) {
			verified = append(verified, strings.TrimSuffix(name, "."))
		}
	}
	return verified
}

// localhost is what a peer on this machine is called in lists, by unix socket or loopback address.
const localhost = "localhost"

// matchPeer says whether a list of addresses allows ip. A peer on this machine goes by the name of localhost, as in
// netdata v2.11.0 src/libnetdata/socket/listen-sockets.c; unlike there its address counts as well when no word of the list
// is about that name.
func matchPeer(list pattern.Pattern, ip string) bool {
	if !isLoopback(ip) {
		return list.Match(ip)
	}
	if list.Match(localhost) {
		return true
	}
	// With the name as a last resort only an explicit ! refuses it.
	refused := !pattern.Parse(list.String()+" "+localhost, pattern.Blanks).Match(localhost)
	return !refused && list.Match(ip)
}

// isLoopback says whether a peer is this machine.
func isLoopback(ip string) bool {
	if ip == localhost {
		return true
	}
	addr, err := netip.ParseAddr(ip)
	return err == nil && addr.IsLoopback()
}

// allowed says whether c is in an allow … from list.
func (c *conn) allowed(ctx context.Context, list config.AccessList) bool {
	if matchPeer(list.From, c.ip) {
		return true
	}
	if c.ip == localhost || !list.UsesNames() {
		return false
	}
	return slices.ContainsFunc(c.hostnames(ctx), list.From.Match)
}

// may says whether c may use a service: the socket offers it, and the lists allow the peer.
func (c *conn) may(ctx context.Context, service config.ACL, cfg *config.Server) bool {
	if !c.bind.ACL.Has(service) {
		return false
	}
	allow := &cfg.Web.Allow
	switch service {
	case config.ACLDashboard:
		return c.allowed(ctx, allow.Dashboard)
	case config.ACLBadges:
		return c.allowed(ctx, allow.Badges)
	case config.ACLStreaming:
		return c.allowed(ctx, allow.Streaming)
	case config.ACLManagement:
		return c.allowed(ctx, allow.Management)
	case config.ACLConfig:
		return c.allowed(ctx, allow.NetdataConf)
	case config.ACLRegistry:
		return c.allowed(ctx, cfg.Registry.Allow)
	case config.ACLMCP:
		return c.allowed(ctx, allow.MCP)
	}
	return false
}
