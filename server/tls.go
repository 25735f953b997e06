package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"foster/server/config"
)

// certificate is a key pair on disk that is read again when one of its files changes.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex // guards the fields below
	pair    *tls.Certificate
	stamp   string
	checked time.Time
}

// checkCertificateEvery is how often the files are looked at, at most.
const checkCertificateEvery = 5 * time.Second

// loadCertificate reads the key pair of the configuration. It returns nil when there is none: one of the files does not
// exist.
func loadCertificate(web *config.Web, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: web.SSLCertificate, keyFile: web.SSLKey, log: log}
	if c.certFile == "" || c.keyFile == "" {
		return nil, nil
	}
	stamp, err := c.fileStamp()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the TLS certificate: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return nil, fmt.Errorf("read the TLS certificate %s with key %s: %w", c.certFile, c.keyFile, err)
	}
	c.pair, c.stamp = &pair, stamp
	return c, nil
}

// fileStamp changes when one of the files does.
func (c *certificate) fileStamp() (string, error) {
	stamp := ""
	for _, file := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(file)
		if err != nil {
			return "", err
		}
		stamp += fmt.Sprint(info.ModTime().UnixNano(), info.Size(), " ")
	}
	return stamp, nil
}

// get returns the key pair, read again when its files have changed. A pair that cannot be read, as in the middle of a
// renewal, leaves the one before in use.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.checked) < checkCertificateEvery {
		return c.pair, nil
	}
	c.checked = time.Now()
	stamp, err := c.fileStamp()
	if err != nil || stamp == c.stamp {
		return c.pair, nil
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		c.log.Error("the TLS certificate has changed and cannot be read; the one before stays in use", "error", err)
		return c.pair, nil
	}
	c.pair, c.stamp = &pair, stamp
	c.log.Info("TLS certificate read again", "file", c.certFile)
	return c.pair, nil
}

// config returns what a TLS server needs. Agents offer TLS 1.0 at least; so do we accept what Go considers safe, 1.2.
func (c *certificate) config(web *config.Web) *tls.Config {
	if c == nil {
		return nil
	}
	max := web.MaxTLSVersion
	if max != 0 && max < tls.VersionTLS12 {
		max = tls.VersionTLS12
	}
	return &tls.Config{GetCertificate: c.get, MinVersion: tls.VersionTLS12, MaxVersion: max, NextProtos: []string{"http/1.1"}}
}
