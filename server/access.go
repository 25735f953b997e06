package server

import (
	"context"
	"net"
	"slices"
	"strings"
	"time"

	"foster/server/config"
)

// dnsTimeout bounds the name look-ups for one connection.
const dnsTimeout = 2 * time.Second

// allowed says whether c is in an allow … from list.
func (c *conn) allowed(ctx context.Context, list config.AccessList) bool {
	if list.From.Match(c.ip) || c.isLoop && list.From.Match("localhost") {
		return true
	}
	if !list.UsesNames() || c.bind.Network == "unix" {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, dnsTimeout)
	defer cancel()
	names, err := net.DefaultResolver.LookupAddr(ctx, c.ip)
	if err != nil {
		return false
	}
	for _, name := range names[:min(len(names), 4)] {
		if !list.From.Match(strings.TrimSuffix(name, ".")) {
			continue
		}
		// The owner of the address chose the name: the name must point back.
		addrs, err := net.DefaultResolver.LookupHost(ctx, name)
		if err == nil && slices.Contains(addrs, c.ip) {
			return true
		}
	}
	return false
}

// may says whether c may use a service: the socket offers it, and the lists allow the peer.
func (c *conn) may(ctx context.Context, acl config.ACL, web *config.Web) bool {
	if !c.bind.ACL.Has(acl) {
		return false
	}
	lists := map[config.ACL]config.AccessList{
		config.ACLDashboard:  web.Allow.Dashboard,
		config.ACLBadges:     web.Allow.Badges,
		config.ACLStreaming:  web.Allow.Streaming,
		config.ACLManagement: web.Allow.Management,
		config.ACLConfig:     web.Allow.NetdataConf,
		config.ACLMCP:        web.Allow.MCP,
	}
	list, ok := lists[acl]
	return !ok || c.allowed(ctx, list)
}
