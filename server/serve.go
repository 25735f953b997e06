package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"foster/replication/receiver"
	"foster/replication/wire"
	"foster/server/config"
)

// handle takes a connection that a listener has accepted.
func (s *Server) handle(raw net.Conn, bind config.Bind) {
	cfg := s.config.Load()
	web := &cfg.Server.Web
	open := s.sockets.Add(1)
	c := newConn(&countedConn{Conn: raw, count: &s.sockets}, bind, s.resolver)
	if open > int64(web.MaxSockets) {
		_ = c.Close()
		s.metrics.refused.Inc()
		s.say("sockets", "connections refused: there are too many ([web] web server max sockets)", "limit", web.MaxSockets)
		return
	}
	// Stop does not wait for a peer to say what it wants.
	release := context.AfterFunc(s.background, func() { _ = raw.Close() })
	defer release()
	if !c.allowed(s.background, web.Allow.Connections) {
		_ = c.Close()
		s.say("connections"+c.ip, "connection refused by [web] allow connections from", "ip", c.ip)
		return
	}
	isStream, err := c.sniff(s.tls.Load().config(), orDefault(web.FirstRequestTimeout, time.Minute))
	switch {
	case err != nil:
		_ = c.Close()
		if errors.Is(err, errNoTLS) || errors.Is(err, errHandshake) {
			s.say("tls"+c.ip, "connection ended", "ip", c.ip, "error", err)
		} else {
			s.log.Debug("connection without a request", "peer", c.addr, "error", err)
		}
	case isStream:
		s.stream(s.background, c, cfg)
	default:
		release() // the HTTP server ends it
		s.handoff.give(c)
	}
}

// say warns of what a peer did, if something of that kind has not been said a moment ago.
func (s *Server) say(kind, message string, attrs ...any) {
	if held, ok := s.throttle.Pass(kind, time.Now()); ok {
		s.log.Warn(message, append(attrs, "not_logged", held)...)
	}
}

// refusalTimeout bounds how long it takes to answer a child that is refused.
const refusalTimeout = 5 * time.Second

// stream takes a connection that opens with a STREAM request.
func (s *Server) stream(ctx context.Context, c *conn, cfg *config.Config) {
	refuse := func(answer, status, why string) {
		if rec := s.receiver.Load(); rec != nil {
			rec.NoteRejection(receiver.Peer{Addr: c.addr, IP: c.ip, TLS: c.tls}, status, why)
		}
		s.say(why+c.ip, fmt.Sprintf("STREAM [receive from %s]: %s", c.addr, why), "ip", c.ip)
		c.refuse(answer, refusalTimeout)
	}
	rec := s.receiver.Load()
	switch {
	case !c.may(ctx, config.ACLStreaming, cfg.Server):
		refuse(forbiddenStream, "NOT ALLOWED IP PERMISSION DENIED", "streaming is not permitted from this IP on this port. Forbidding access.")
	case c.bind.SSL == config.SSLForce && !c.tls && s.TLS():
		refuse(plainStream, "NOT ENCRYPTED", "this port accepts encrypted streams only (SSL=force)")
	case rec == nil && !s.awaitReady(ctx, s.patience):
		refuse(wire.RejectInitializing, "INITIALIZING TRY LATER", "the server is initializing")
	default:
		_ = s.receiver.Load().Serve(ctx, c, receiver.Peer{Addr: c.addr, IP: c.ip, TLS: c.tls}) // which logs
	}
}

// patience is how long a child waits for a starting parent to open its store. Children before v1.40 do not understand the
// text that tells them to come back, and stay away for a minute when they read it; all wait a minute for an answer.
const patience = 40 * time.Second

// awaitReady waits until the store is open. It is false when that takes longer than d.
func (s *Server) awaitReady(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-s.ready:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// The answers to streams that do not reach the receiver: HTTP, as agents give it.
const (
	forbiddenStream = "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
		forbidden + "\r\n"
	plainStream = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
		"This port accepts encrypted connections only.\r\n"
)
