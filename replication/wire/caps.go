package wire

import (
	"math"
	"strconv"
	"strings"
)

// Caps is a set of protocol capabilities, as negotiated between a child and its parent (netdata v2.11.0
// src/streaming/stream-capabilities.h).
type Caps uint32

// The capability bits.
const (
	V1            Caps = 1 << 3
	V2            Caps = 1 << 4
	VN            Caps = 1 << 5
	VCaps         Caps = 1 << 6
	HLabels       Caps = 1 << 7
	Claim         Caps = 1 << 8
	CLabels       Caps = 1 << 9
	LZ4           Caps = 1 << 10
	Functions     Caps = 1 << 11
	Replication   Caps = 1 << 12
	Binary        Caps = 1 << 13
	Interpolated  Caps = 1 << 14
	IEEE754       Caps = 1 << 15
	ML            Caps = 1 << 16
	Slots         Caps = 1 << 18
	ZSTD          Caps = 1 << 19
	GZIP          Caps = 1 << 20
	Brotli        Caps = 1 << 21
	Progress      Caps = 1 << 22
	DynCfg        Caps = 1 << 23
	NodeID        Caps = 1 << 24
	Paths         Caps = 1 << 25
	MLModels      Caps = 1 << 26
	FloatBaseline Caps = 1 << 27
	FuncDel       Caps = 1 << 28
)

// Compressions are all the compression bits.
const Compressions = LZ4 | ZSTD | GZIP | Brotli

// ParentCaps is what foster offers to a child.
const ParentCaps = V1 | V2 | VN | VCaps | HLabels | Claim | CLabels | Compressions | Functions | Replication | Binary |
	Interpolated | IEEE754 | Slots | Paths | FloatBaseline | FuncDel

var capNames = []struct {
	bit  Caps
	name string
}{
	{V1, "V1"},
	{V2, "V2"},
	{VN, "VN"},
	{VCaps, "VCAPS"},
	{HLabels, "HLABELS"},
	{Claim, "CLAIM"},
	{CLabels, "CLABELS"},
	{LZ4, "LZ4"},
	{Functions, "FUNCTIONS"},
	{Replication, "REPLICATION"},
	{Binary, "BINARY"},
	{Interpolated, "INTERPOLATED"},
	{IEEE754, "IEEE754"},
	{ML, "ML"},
	{Slots, "SLOTS"},
	{ZSTD, "ZSTD"},
	{GZIP, "GZIP"},
	{Brotli, "BROTLI"},
	{Progress, "PROGRESS"},
	{DynCfg, "DYNCFG"},
	{NodeID, "NODEID"},
	{Paths, "PATHS"},
	{MLModels, "MLMODELS"},
	{FloatBaseline, "FLOATBASELINE"},
	{FuncDel, "FUNCDEL"},
}

// Names returns the names of the capabilities in c, as they appear in logs and in a stream path.
func (c Caps) Names() []string {
	var names []string
	for _, n := range capNames {
		if c&n.bit != 0 {
			names = append(names, n.name)
		}
	}
	return names
}

// String returns the names separated by blanks.
func (c Caps) String() string { return strings.Join(c.Names(), " ") }

// Has says whether all of bits are in c.
func (c Caps) Has(bits Caps) bool { return c&bits == bits }

// CapsOfVersion returns the capabilities that the ver parameter of a request, or the number in a prompt, stands for: a
// protocol version up to 5 (agents before v1.37), or a set of bits.
func CapsOfVersion(n int64) Caps {
	var c Caps
	switch {
	case n <= 1, n > math.MaxInt32: // agents hold it in 32 bits with a sign
		c = V1
	case n == 2:
		c = V2 | HLabels
	case n == 3:
		c = VN | HLabels | Claim
	case n == 4:
		c = VN | HLabels | Claim | CLabels
	case n == 5:
		c = VN | HLabels | Claim | CLabels | LZ4
	default:
		c = Caps(uint32(n))
	}
	switch {
	case c&VCaps != 0:
		c &^= V1 | V2 | VN
	case c&VN != 0:
		c &^= V1 | V2
	case c&V2 != 0:
		c &^= V1
	}
	return c
}

// Negotiate returns what a parent that offers ours answers to a child that sent ver. At most one compression remains:
// the first of order that both sides have.
func Negotiate(ver int64, ours Caps, order []Caps) Caps {
	c := CapsOfVersion(ver)
	if ver > 5 && c&(VCaps|VN|V2|V1) == 0 {
		return V1
	}
	c &= ours
	if c&Interpolated == 0 {
		c &^= ML | MLModels
	}
	compressions := c & Compressions
	c &^= Compressions
	for _, a := range order {
		if a&compressions != 0 {
			c |= a
			break
		}
	}
	return c
}

// The prompts with which a parent accepts a stream, and the texts with which it refuses one. A reply is exactly such a
// text, without line end (netdata v2.11.0 src/streaming/stream.h).
const (
	promptV1 = "Hit me baby, push them over..."
	promptV2 = "Hit me baby, push them over and bring the host labels..."
	promptVN = "Hit me baby, push them over with the version="

	RejectNotPermitted = "You are not permitted to access this. Check the logs for more info."
	RejectAlready      = "This GUID is already streaming to this server"
	RejectLocalhost    = "Don't hit me baby, you are trying to stream my localhost back"
	RejectVnode        = "Don't hit me baby, you are trying to stream my vnode back"
	RejectBusy         = "The server is too busy now to accept this request. Try later."
	RejectInternal     = "The server encountered an internal error. Try later."
	RejectInitializing = "The server is initializing. Try later."
)

// Prompt returns the text with which a parent accepts a child with the negotiated capabilities.
func (c Caps) Prompt() string {
	switch {
	case c&VCaps != 0:
		return promptVN + strconv.FormatUint(uint64(c), 10)
	case c&VN != 0 && c&LZ4 != 0:
		return promptVN + "5"
	case c&VN != 0 && c&CLabels != 0:
		return promptVN + "4"
	case c&VN != 0:
		return promptVN + "3"
	case c&V2 != 0:
		return promptV2
	default:
		return promptV1
	}
}

// ParsePrompt returns the capabilities a parent's reply grants; ok is false when the reply is not an acceptance.
func ParsePrompt(reply string) (c Caps, ok bool) {
	switch {
	case reply == promptV1:
		return CapsOfVersion(1), true
	case reply == promptV2:
		return CapsOfVersion(2), true
	case strings.HasPrefix(reply, promptVN):
		n, err := strconv.ParseUint(reply[len(promptVN):], 10, 32)
		return CapsOfVersion(int64(n)), err == nil
	}
	return 0, false
}
