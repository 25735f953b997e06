package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foster/server/config"
)

// The demo's children reach the parent whatever it listens on, also where it takes nothing but TLS.
func TestDemo(t *testing.T) {
	t.Parallel()
	for name, bind := range map[string]string{"plain": "127.0.0.1:%", "TLS only": "127.0.0.1:%^SSL=force"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			conf := filepath.Join(dir, "config")
			writeCertificate(t, filepath.Join(conf, "ssl"))
			addr, err := freeAddress()
			if err != nil {
				t.Fatal(err)
			}
			bind := strings.Replace(bind, "127.0.0.1:%", addr, 1)
			var stdout, stderr strings.Builder // of the demo until it has ended
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan int)
			go func() {
				ended <- execute(ctx, []string{"demo", "--config", conf, "--data", filepath.Join(dir, "data"), "--listen", bind}, &stdout, &stderr)
			}()
			connected := 0
			for deadline := time.Now().Add(30 * time.Second); connected != 3 && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
				connected = connectedHosts("https://" + addr + "/api/foster/v1/hosts")
			}
			cancel()
			if status := <-ended; status != 0 || connected != 3 {
				t.Errorf("%d children are connected, exit status %d:\n%s%s", connected, status, &stdout, &stderr)
			}
		})
	}
}

// connectedHosts returns how many hosts the answer of url shows as connected, 0 when there is no answer.
func connectedHosts(url string) int {
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, Timeout: 5 * time.Second}
	defer client.CloseIdleConnections()
	resp, err := client.Get(url)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	var answer struct {
		Hosts []struct{ Connection *struct{} }
	}
	if json.NewDecoder(resp.Body).Decode(&answer) != nil {
		return 0
	}
	n := 0
	for _, h := range answer.Hosts {
		if h.Connection != nil {
			n++
		}
	}
	return n
}

// writeCertificate writes a self-signed certificate where a configuration has it.
func writeCertificate(t *testing.T, dir string) {
	t.Helper()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	pair := s.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, "key.pem": {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFromHere is how children on this machine connect.
func TestFromHere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		binds   string
		hasTLS  bool
		addr    string
		overTLS bool
	}{
		{"*:1", true, "127.0.0.1:1", false},
		{"*:1^SSL=force", true, "127.0.0.1:1", true},
		{"*:1^SSL=force", false, "127.0.0.1:1", false},
		{"[2001:db8::1]:1^SSL=optional", true, "[2001:db8::1]:1", false},
		{"192.0.2.1:1=dashboard 192.0.2.1:2=streaming^SSL=force", true, "192.0.2.1:2", true},
		{"unix:/run/s", true, "127.0.0.1:" + config.DefaultPort, false},
	} {
		addr, tlsConfig := fromHere(socketsOf(t, c.binds), c.hasTLS)
		if addr != c.addr || (tlsConfig != nil) != c.overTLS {
			t.Errorf("%s, TLS %v: %s, TLS %v", c.binds, c.hasTLS, addr, tlsConfig != nil)
		}
	}
}
