package api

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
)

// FirstChild is what the first child of a new parent writes into its stream.conf.
type FirstChild struct {
	APIKey      string // "" when this run has made none
	Destination string // host:port at which children reach the parent
}

// firstChild answers /api/foster/v1/first_child: what to write on the first child. Whoever has the key can send anything to
// this parent, so the page of a new parent shows it where its log does, on its own machine, and only until it has a host:
// later it stands in stream.conf alone.
func (a *API) firstChild(rp *reply, rq *request) {
	first := a.opt.FirstChild()
	rp.open('{')
	rp.keyInt("api_keys", int64(a.opt.APIKeys()))
	if !fromHere(rq.Request) {
		rp.keyNull("api_key")
		rp.keyNull("destination")
	} else {
		if a.catalog.Len() > 0 {
			first.APIKey = ""
		}
		rp.keyOptional("api_key", first.APIKey)
		rp.keyOptional("destination", first.Destination)
	}
	rp.close('}')
}

// fromHere says whether a program or a page on this machine asks. A page of another site could make the browser of the
// operator ask, by an address of its own or by a name that it makes lead here; and a proxy asks from here for somebody
// elsewhere. So the address, the name asked for and the page it is asked from must all be this machine's.
func fromHere(r *http.Request) bool {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !addr.Addr().Unmap().IsLoopback() || !namesLoopback(r.Host) {
		return false
	}
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via", "Cf-Connecting-Ip"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	for _, name := range []string{"Origin", "Referer"} {
		page := r.Header.Get(name)
		if page == "" {
			continue
		}
		if u, err := url.Parse(page); err != nil || u.Host != r.Host {
			return false
		}
	}
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "" || site == "same-origin" || site == "none"
}

// namesLoopback says whether the host of a request is a name of this machine alone.
func namesLoopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	if name == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.IsLoopback()
}
