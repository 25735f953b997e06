package wire

import (
	"math/bits"
	"testing"
)

var order = []Caps{ZSTD, LZ4, Brotli, GZIP}

// The sets of running agents, as logged and captured: all a v1.37.1 has, all a v2.11.0 has, as child and as parent.
const (
	all137 = V1 | V2 | VN | VCaps | HLabels | Claim | CLabels | LZ4 | Functions | Replication | Binary
	all211 = all137 | Interpolated | IEEE754 | Slots | ZSTD | GZIP | Brotli | Progress | DynCfg | NodeID | Paths | FloatBaseline | FuncDel
)

func TestCapsOfVersion(t *testing.T) {
	for ver, want := range map[int64]Caps{
		-1:         V1,
		0:          V1,
		1:          V1,
		2:          V2 | HLabels,
		3:          VN | HLabels | Claim,
		4:          VN | HLabels | Claim | CLabels,
		5:          VN | HLabels | Claim | CLabels | LZ4,
		16376:      all137 &^ (V1 | V2 | VN),
		469565432:  all211 &^ (V1 | V2 | VN),
		4294967295: V1,
		1 << 40:    V1,
	} {
		if got := CapsOfVersion(ver); got != want {
			t.Errorf("%d: got %s, want %s", ver, got, want)
		}
	}
	if all137 != 16376 || all211 != 469565432 {
		t.Errorf("all of v1.37.1 is %d, of v2.11.0 %d", all137, all211)
	}
}

// What real parents answered to each ver.
func TestNegotiate(t *testing.T) {
	const (
		form1 = "Hit me baby, push them over..."
		form2 = "Hit me baby, push them over and bring the host labels..."
		formN = "Hit me baby, push them over with the version="
	)
	for _, tc := range []struct {
		ver    int64
		v137   string
		v211   string
		foster string
	}{
		{0, form1, form1, form1},
		{1, form1, form1, form1},
		{2, form2, form2, form2},
		{3, formN + "3", formN + "3", formN + "3"},
		{4, formN + "4", formN + "4", formN + "4"},
		{5, formN + "5", formN + "5", formN + "5"},
		{6, form1, form1, form1},
		{7, form1, form1, form1},
		{8, form1, form1, form1},
		{15297, formN + "15296", formN + "15296", formN + "15296"},
		{16321, formN + "16320", formN + "16320", formN + "16320"},
		{16376, formN + "16320", formN + "16320", formN + "16320"},
		{469565432, formN + "16320", formN + "466418624", formN + "437058496"},
		{4294967295, form1, form1, form1},
	} {
		if got := Negotiate(tc.ver, all137, order).Prompt(); got != tc.v137 {
			t.Errorf("%d: v1.37.1's capabilities give %q, want %q", tc.ver, got, tc.v137)
		}
		if got := Negotiate(tc.ver, all211, order).Prompt(); got != tc.v211 {
			t.Errorf("%d: v2.11.0's capabilities give %q, want %q", tc.ver, got, tc.v211)
		}
		if got := Negotiate(tc.ver, ParentCaps, order).Prompt(); got != tc.foster {
			t.Errorf("%d: ours give %q, want %q", tc.ver, got, tc.foster)
		}
	}
}

func TestNegotiateCompression(t *testing.T) {
	for _, tc := range []struct {
		order []Caps
		ours  Caps
		want  Caps
	}{
		{[]Caps{ZSTD, LZ4, Brotli, GZIP}, all211, ZSTD},
		{[]Caps{LZ4, ZSTD}, all211, LZ4},
		{[]Caps{Brotli, ZSTD}, all211, Brotli},
		{[]Caps{GZIP}, all211, GZIP},
		{[]Caps{ZSTD, LZ4}, all211 &^ ZSTD, LZ4},
		{nil, all211, 0},
		{[]Caps{ZSTD}, all211 &^ Compressions, 0},
	} {
		if got := Negotiate(469565432, tc.ours, tc.order) & Compressions; got != tc.want {
			t.Errorf("order %v: got %s, want %s", tc.order, got, tc.want)
		}
	}
	for ver := int64(0); ver < 1<<29; ver += 1<<13 + 77 {
		c := Negotiate(ver, ParentCaps, order)
		if bits.OnesCount32(uint32(c&Compressions)) > 1 {
			t.Fatalf("%d: %s", ver, c)
		}
		if c&(V1|V2|VN|VCaps) == 0 {
			continue // form 1
		}
		if back, ok := ParsePrompt(c.Prompt()); !ok || c.Has(VCaps) && back != c {
			t.Fatalf("%d: answered %s, understood as %s", ver, c, back)
		}
	}
}

func TestNegotiateDropsAnomaliesWithoutInterpolation(t *testing.T) {
	ours := all211 | MLModels | ML
	ver := int64(all211 | MLModels | ML)
	if got := Negotiate(ver, ours, order); !got.Has(MLModels | ML) {
		t.Errorf("with all: %s", got)
	}
	if got := Negotiate(ver, ours&^Interpolated, order); got&(MLModels|ML) != 0 {
		t.Errorf("without INTERPOLATED: %s", got)
	}
}

func TestParsePrompt(t *testing.T) {
	for _, reply := range []string{
		"", "Hit me", promptV1 + "\n", promptVN, promptVN + "x", promptVN + "-1", promptVN + "99999999999",
		"HTTP/1.1 400 Bad Request", RejectNotPermitted, RejectAlready, RejectLocalhost, RejectVnode, RejectBusy, RejectInternal, RejectInitializing,
	} {
		if c, ok := ParsePrompt(reply); ok {
			t.Errorf("%q was understood as %s", reply, c)
		}
	}
	for reply, want := range map[string]Caps{
		promptV1:           V1,
		promptV2:           V2 | HLabels,
		promptVN + "3":     VN | HLabels | Claim,
		promptVN + "5":     VN | HLabels | Claim | CLabels | LZ4,
		promptVN + "16320": 16320,
	} {
		if got, ok := ParsePrompt(reply); !ok || got != want {
			t.Errorf("%q: got %s, %t, want %s", reply, got, ok, want)
		}
	}
}

func TestCapsNames(t *testing.T) {
	if got := Caps(16320).String(); got != "VCAPS HLABELS CLAIM CLABELS LZ4 FUNCTIONS REPLICATION BINARY" {
		t.Error(got)
	}
	if got := len((all211 | ML | MLModels).Names()); got != bits.OnesCount32(uint32(all211|ML|MLModels)) {
		t.Errorf("%d names", got)
	}
}
