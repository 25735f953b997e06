package wire

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

const (
	testKey  = "11111111-2222-3333-4444-555555555555"
	testGUID = "b6d11b2c-7c1f-4f0e-9c56-0d3c2c5a0101"
)

func TestParseRequest(t *testing.T) {
	base := func(change func(*Request)) Request {
		r := Request{
			Key: testKey, Hostname: "child01", RegistryHostname: "child01", MachineGUID: testGUID,
			Hops: 1, ProgramName: "unknown", ProgramVersion: "unknown", SystemInfo: map[string]string{},
		}
		change(&r)
		return r
	}
	const ids = "key=" + testKey + "&hostname=child01&machine_guid=" + testGUID
	for _, tc := range []struct {
		name, raw string
		want      Request
	}{
		{
			"as v1.37.1 sends it",
			"STREAM key=" + testKey + "&hostname=child01&registry_hostname=reg01&machine_guid=" + testGUID +
				"&update_every=1&os=linux&timezone=Etc/UTC&abbrev_timezone=UTC&utc_offset=-3600&hops=1&ml_capable=0&ml_enabled=1&mc_version=1&tags=" +
				"&ver=15352&NETDATA_SYSTEM_OS_NAME=Debian+GNU%2fLinux&NETDATA_SYSTEM_OS_ID_LIKE=rhel fedora&NETDATA_SYSTEM_OS_VERSION=12+%28bookworm%29" +
				"&NETDATA_PROTOCOL_VERSION=1.1 HTTP/1.1\r\nUser-Agent: netdata/v1.37.1\r\nAccept: */*\r\n",
			Request{
				Key: testKey, Hostname: "child01", RegistryHostname: "reg01", MachineGUID: testGUID, UpdateEvery: 1, OS: "linux",
				Timezone: "Etc/UTC", AbbrevTimezone: "UTC", UTCOffset: -3600, Hops: 1, Version: 15352, MLEnabled: true,
				ProgramName: "netdata", ProgramVersion: "v1.37.1",
				SystemInfo: map[string]string{
					"NETDATA_SYSTEM_OS_NAME":    "Debian GNU/Linux",
					"NETDATA_SYSTEM_OS_ID_LIKE": "rhel fedora",
					"NETDATA_SYSTEM_OS_VERSION": "12 (bookworm)",
				},
			},
		},
		{"escapes in either case", "STREAM " + ids + "&timezone=Etc%2FUTC&os=%6cinu%78 HTTP/1.1\r\n", base(func(r *Request) { r.Timezone, r.OS = "Etc/UTC", "linux" })},
		{"bad escapes stay", "STREAM " + ids + "&os=100%&tags=%zz%4 HTTP/1.1\r\n", base(func(r *Request) { r.OS, r.Tags = "100%", "%zz%4" })},
		{"an escaped separator stays in its value", "STREAM " + ids + "&tags=a%26b%3dc HTTP/1.1\r\n", base(func(r *Request) { r.Tags = "a&b=c" })},
		{"control characters and bad UTF-8", "STREAM " + ids + "&os=a%0ab%00c%ff HTTP/1.1\r\n", base(func(r *Request) { r.OS = "a_b_c_" })},
		{"any order, unknown names", "STREAM ver=5&foo=bar&machine_guid=" + testGUID + "&hostname=child01&=x&y&key=" + testKey + " HTTP/1.1\r\n", base(func(r *Request) { r.Version = 5 })},
		{"the first that is not empty counts", "STREAM " + ids + "&os=&os=a&os=b&ver=&ver=4&ver=5&update_every=2&update_every=3&hops=2&hops=x&NETDATA_X=1&NETDATA_X=2 HTTP/1.1\r\n", base(func(r *Request) {
			r.OS, r.Version, r.UpdateEvery, r.Hops, r.SystemInfo["NETDATA_X"] = "a", 4, 2, 2, "1"
		})},
		{"no version", "STREAM " + ids + " HTTP/1.1\r\n", base(func(*Request) {})},
		{"no version but a protocol", "STREAM " + ids + "&NETDATA_PROTOCOL_VERSION=1.1 HTTP/1.1\r\n", base(func(r *Request) { r.Version = 1 })},
		{"a version that is none", "STREAM " + ids + "&ver=-5&NETDATA_PROTOCOL_VERSION=1.1 HTTP/1.1\r\n", base(func(r *Request) { r.Version = 1 })},
		{"hops that are none", "STREAM " + ids + "&hops=many HTTP/1.1\r\n", base(func(r *Request) { r.BadHops = true })},
		{"too many hops", "STREAM " + ids + "&hops=1001 HTTP/1.1\r\n", base(func(r *Request) { r.BadHops = true })},
		{"update every out of bounds", "STREAM " + ids + "&update_every=86401 HTTP/1.1\r\n", base(func(*Request) {})},
		{"no protocol behind the query, no headers", "STREAM " + ids, base(func(*Request) {})},
		{"lines that end without carriage return", "STREAM " + ids + " HTTP/1.1\nuser-agent:  custom/9/x \n", base(func(r *Request) { r.ProgramName, r.ProgramVersion = "custom", "9/x" })},
		{"a program without version", "STREAM " + ids + " HTTP/1.1\r\nUser-Agent: nc\r\n", base(func(r *Request) { r.ProgramName = "nc" })},
		{"nothing", "STREAM  HTTP/1.1\r\n", Request{Hops: 1, ProgramName: "unknown", ProgramVersion: "unknown", SystemInfo: map[string]string{}}},
	} {
		got, err := ParseRequest([]byte(tc.raw))
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", tc.name, diff)
		}
	}
	for _, raw := range []string{"", "GET / HTTP/1.1\r\n", "STREAM", "stream key=x HTTP/1.1\r\n", " STREAM key=x"} {
		if _, err := ParseRequest([]byte(raw)); !errors.Is(err, ErrNotStream) {
			t.Errorf("%q: error %v", raw, err)
		}
	}
}

func testRequest() Request {
	return Request{
		Key: testKey, Hostname: "child 01", RegistryHostname: "reg", MachineGUID: testGUID, UpdateEvery: 1, OS: "linux",
		Timezone: "Europe/Athens", AbbrevTimezone: "EET", UTCOffset: 7200, Hops: 1, Version: 469565432, MLCapable: true, Tags: "a b",
		ProgramName: "netdata", ProgramVersion: "v2.11.0",
		SystemInfo: map[string]string{"NETDATA_SYSTEM_OS_NAME": "Debian GNU/Linux", "NETDATA_SYSTEM_OS_VERSION": "12 (bookworm)", "NETDATA_X": "100% ü"},
	}
}

func TestAppendRequest(t *testing.T) {
	want := testRequest()
	raw := AppendRequest([]byte("before"), &want)
	const start = "beforeSTREAM key=" + testKey + "&hostname=child%2001&registry_hostname=reg&machine_guid=" + testGUID + "&update_every=1&os=linux&timezone=Europe%2fAthens&"
	if !strings.HasPrefix(string(raw), start) || !strings.HasSuffix(string(raw), "&NETDATA_PROTOCOL_VERSION=1.1 HTTP/1.1\r\nUser-Agent: netdata/v2.11.0\r\nAccept: */*\r\n\r\n") {
		t.Errorf("request: %q", raw)
	}
	got, err := ParseRequest(raw[len("before"):])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestAppendRequestStaysSmallAndWhole(t *testing.T) {
	bad := strings.Repeat("&key=x \n\"%26ü\xff", 1000)
	r := Request{
		Key: bad, Hostname: bad, RegistryHostname: bad, MachineGUID: bad, OS: bad, Timezone: bad, AbbrevTimezone: bad, Tags: bad,
		ProgramName: bad, ProgramVersion: bad, SystemInfo: map[string]string{},
	}
	for i := range 1000 {
		r.SystemInfo[fmt.Sprintf("NETDATA_%d", i)] = bad
	}
	raw := AppendRequest(nil, &r)
	if len(raw) >= MaxRequest {
		t.Errorf("a request of %d bytes", len(raw))
	}
	got, err := ParseRequest(raw)
	if err != nil || got.Key != got.Tags || !strings.HasPrefix(got.Key, "_key_x _\"%26ü_") || len(got.SystemInfo) == 0 {
		t.Errorf("%v, key %q, %d parts of system information", err, got.Key, len(got.SystemInfo))
	}
}

func FuzzRequest(f *testing.F) {
	r := testRequest()
	f.Add(AppendRequest(nil, &r))
	f.Add([]byte("STREAM key=x&os=a b&hops=9&ver=-1&update_every=#B HTTP/1.1\r\nUser-Agent: a/b\r\n\r\n"))
	f.Add([]byte("STREAM &&==&%%&NETDATA_\xff=%00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := ParseRequest(raw)
		if err != nil {
			return
		}
		check := func(s string) {
			if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
				t.Errorf("%q cannot be printed", s)
			}
		}
		for _, s := range []string{r.Key, r.Hostname, r.RegistryHostname, r.MachineGUID, r.OS, r.Timezone, r.AbbrevTimezone, r.Tags, r.ProgramName, r.ProgramVersion} {
			check(s)
		}
		for name, value := range r.SystemInfo {
			check(name)
			check(value)
		}
		if r.UpdateEvery < 0 || r.UpdateEvery > MaxUpdateEvery || r.Hops < -1 || r.Hops > 1000 || r.Version < 0 {
			t.Errorf("%+v", r)
		}
		Negotiate(r.Version, ParentCaps, []Caps{ZSTD, LZ4})

		// What we send, we read the same again.
		sent := AppendRequest(nil, &r)
		if len(sent) >= MaxRequest {
			t.Fatalf("a request of %d bytes", len(sent))
		}
		once, err := ParseRequest(sent)
		if err != nil {
			t.Fatal(err)
		}
		twice, _ := ParseRequest(AppendRequest(nil, &once))
		if diff := cmp.Diff(once, twice); diff != "" {
			t.Errorf("%q: -once +twice\n%s", sent, diff)
		}
	})
}
