package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"foster/server/config"
)

// certificate is a key pair on disk that is read again when one of its files changes.
type certificate struct {
	certFile, keyFile string
	every             time.Duration // the files are looked at no more often
	log               *slog.Logger
	server            *tls.Config // one for all connections: it holds the keys of session tickets

	mu      sync.Mutex // guards the fields below
	pair    *tls.Certificate
	stamp   string
	checked time.Time
}

// checkCertificateEvery is how often the files of a certificate are looked at.
const checkCertificateEvery = 5 * time.Second

// LoadCertificate reads the key pair of the configuration. It returns nil when there is none, because one of the files
// does not exist: then there is no TLS.
func LoadCertificate(web *config.Web) (*tls.Certificate, error) {
	for _, file := range []string{web.SSLCertificate, web.SSLKey} {
		if _, err := os.Stat(file); file == "" || errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
	}
	pair, err := tls.LoadX509KeyPair(web.SSLCertificate, web.SSLKey)
	if err != nil {
		return nil, fmt.Errorf("read the TLS certificate %s with key %s: %w", web.SSLCertificate, web.SSLKey, err)
	}
	return &pair, nil
}

// newCertificate reads the key pair of the configuration. It is nil when there is none.
func newCertificate(web *config.Web, every time.Duration, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: web.SSLCertificate, keyFile: web.SSLKey, every: every, log: log}
	c.stamp = c.fileStamp() // before the files are read: a change in between is seen as one
	pair, err := LoadCertificate(web)
	if err != nil || pair == nil {
		return nil, err
	}
	c.pair = pair
	// Agents that offer less than TLS 1.2 do not exist; Netdata would go down to 1.0.
	c.server = &tls.Config{
		GetCertificate: c.get, NextProtos: []string{"http/1.1"},
		MinVersion: tls.VersionTLS12, MaxVersion: web.MaxTLSVersion,
	}
	if v := web.MaxTLSVersion; v != 0 && v < tls.VersionTLS12 {
		log.Warn("[web] tls version: less than 1.2 is not offered")
		c.server.MaxVersion = tls.VersionTLS12
	}
	return c, nil
}

// config returns what a TLS server needs, nil without a certificate.
func (c *certificate) config() *tls.Config {
	if c == nil {
		return nil
	}
	return c.server
}

// fileStamp changes when one of the files does. It is empty when one cannot be looked at.
func (c *certificate) fileStamp() string {
	var stamp strings.Builder
	for _, file := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(file)
		if err != nil {
			return ""
		}
		fmt.Fprint(&stamp, info.ModTime().UnixNano(), info.Size(), " ")
	}
	return stamp.String()
}

// get returns the key pair, read again when its files have changed. A pair that cannot be read, as in the middle of a
// renewal, leaves the one before in use.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.checked) < c.every {
		return c.pair, nil
	}
	c.checked = time.Now()
	stamp := c.fileStamp()
	if stamp == "" || stamp == c.stamp {
		return c.pair, nil
	}
	c.stamp = stamp // of a broken pair, too: it is reported once
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		c.log.Error("the TLS certificate has changed and cannot be read; the one before stays in use", "file", c.certFile, "error", err)
		return c.pair, nil
	}
	c.pair = &pair
	c.log.Info("TLS certificate read again", "file", c.certFile)
	return c.pair, nil
}
