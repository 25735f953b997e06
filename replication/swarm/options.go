package swarm

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"foster/replication/wire"
)

// What children of different ages offer, compression aside, which is added to it (wire.LZ4 and so on).
const (
	// CapsOld is a child before replication (v1.33): collected values; what it has no connection for is lost.
	CapsOld = wire.V1 | wire.V2 | wire.VN | wire.HLabels | wire.Claim | wire.CLabels
	// CapsV1 is a child of v1.37: collected values and replication.
	CapsV1 = CapsOld | wire.VCaps | wire.Replication | wire.Binary
	// CapsV2 is a child of v2: stored values, binary numbers, slots, replication.
	CapsV2 = CapsV1 | wire.Interpolated | wire.IEEE754 | wire.Slots | wire.FloatBaseline
)

// Values returns the value of a dimension at t, a unix time in seconds that is a multiple of the chart's interval: what
// is to be stored for the interval that ends at t. It must depend on its arguments alone, be finite, and be safe for
// concurrent use. Charts and dimensions are counted from 0 as in Options.Charts.
type Values func(chart, dimension int, t int64) float64

// Chart is a chart of a child and what its definition says. Slots are given by the child.
type Chart struct {
	wire.Chart
	Labels     []wire.Label
	Dimensions []wire.Dimension
}

// Options describe a child.
type Options struct {
	Addr string      // host:port of the parent
	TLS  *tls.Config // nil: plain text
	// Dial connects to the parent instead of Addr and TLS.
	Dial func(context.Context) (net.Conn, error)

	APIKey string
	GUID   string // machine GUID

	Hostname   string
	OS         string            // default linux
	Timezone   string            // default UTC
	Version    string            // of the agent, for the User-Agent; default v2.11.0
	SystemInfo map[string]string // NETDATA_… parameters of the request
	Labels     []wire.Label      // of the host
	Variables  []wire.Variable   // of the host

	Caps wire.Caps // default CapsV2

	// Charts have dimensions of the algorithms absolute and incremental. A chart without UpdateEvery gets the child's.
	Charts      []Chart
	UpdateEvery int64 // seconds; default 1
	// Values gives what is stored, after multiplier and divisor. See Child.Value for how it is rounded.
	Values Values
	// History is how far back the child's data begin when Run starts.
	History time.Duration

	Offset         time.Duration // from the end of an interval until its point is sent
	ReplayBytes    int           // an answer longer than this is split; default 2.5 MiB, as an agent does
	Timeout        time.Duration // for connecting, for the parent's answer and for each write; default 60 s
	ReconnectDelay time.Duration // after a connection ended or was refused, a random half more or less; default 1 s

	Now    func() time.Time // default time.Now
	Logger *slog.Logger     // default: discard
}

func (o *Options) setDefaults() error {
	switch {
	case o.Addr == "" && o.Dial == nil:
		return errors.New("swarm options: no address of a parent")
	case o.Hostname == "" || o.GUID == "" || o.APIKey == "":
		return errors.New("swarm options: hostname, machine GUID and API key are needed")
	case len(o.Charts) > 0 && o.Values == nil:
		return errors.New("swarm options: charts without values")
	case o.History < 0 || o.Offset < 0 || o.UpdateEvery < 0:
		return errors.New("swarm options: a negative duration")
	}
	setDefault(&o.OS, "linux")
	setDefault(&o.Timezone, "UTC")
	setDefault(&o.Version, "v2.11.0")
	setDefault(&o.Caps, CapsV2)
	setDefault(&o.UpdateEvery, 1)
	setDefault(&o.ReplayBytes, 5<<19)
	setDefault(&o.Timeout, time.Minute)
	setDefault(&o.ReconnectDelay, time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Dial == nil {
		o.Dial = o.dial
	}
	return o.checkCharts()
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (o *Options) checkCharts() error {
	ids := make(map[string]bool, len(o.Charts))
	for _, c := range o.Charts {
		if !strings.Contains(c.ID, ".") || len(c.ID) > wire.MaxID || ids[c.ID] {
			return fmt.Errorf("swarm options: chart id %q is used twice or is none", c.ID)
		}
		ids[c.ID] = true
		for _, d := range c.Dimensions {
			if d.ID == "" || d.Algorithm != wire.Absolute && d.Algorithm != wire.Incremental {
				return fmt.Errorf("swarm options: chart %s: dimension %q: no id or an algorithm other than absolute and incremental", c.ID, d.ID)
			}
		}
	}
	return nil
}

// dial connects to Addr, with TLS if there is a configuration.
func (o *Options) dial(ctx context.Context) (net.Conn, error) {
	d := net.Dialer{}
	if o.TLS == nil {
		return d.DialContext(ctx, "tcp", o.Addr)
	}
	return (&tls.Dialer{NetDialer: &d, Config: o.TLS}).DialContext(ctx, "tcp", o.Addr)
}

// version returns the ver parameter for what the child offers: its bits, or the number agents before v1.37 send.
func version(c wire.Caps) int64 {
	switch {
	case c.Has(wire.VCaps):
		return int64(c)
	case c.Has(wire.VN | wire.LZ4):
		return 5
	case c.Has(wire.VN | wire.CLabels):
		return 4
	case c.Has(wire.VN):
		return 3
	case c.Has(wire.V2):
		return 2
	}
	return 1
}
