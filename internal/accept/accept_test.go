package accept

import (
	"net/http"
	"testing"
)

func TestGzip(t *testing.T) {
	f := func(want bool, headers ...string) {
		t.Helper()
		h := http.Header{}
		for _, v := range headers {
			h.Add("Accept-Encoding", v)
		}
		if got := Gzip(h); got != want {
			t.Errorf("%q: %v", headers, got)
		}
	}
	f(false)
	f(false, "")
	f(false, "deflate, br")
	f(true, "gzip")
	f(true, "br, GZIP")
	f(true, "x-gzip")
	f(true, "br", "gzip;q=0.5")
	f(false, "gzip;q=0")
	f(false, "gzip; Q=0.000")
	f(true, "gzip;q=nonsense")
	f(true, "*")
	f(false, "*;q=0")
	f(false, "*, gzip;q=0")
	f(false, "identity, not-gzip")
}
