package receiver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"strings"
	"time"

	"github.com/google/uuid"

	"foster/replication/wire"
	"foster/storage/catalog"
)

// rejection is why a connection was not accepted.
type rejection struct {
	reply  string // sent to the child
	reason string // logged: as the troubleshooting texts of Netdata have it
	status string // logged: the word of Netdata's access log
	level  slog.Level
}

func (r *rejection) Error() string { return r.reason }

func forbid(status, format string, args ...any) *rejection {
	return &rejection{
		reply: wire.RejectNotPermitted, status: status, level: slog.LevelWarn,
		reason: fmt.Sprintf(format, args...) + ". Forbidding access.",
	}
}

// admit reads the request of conn and answers it. It returns the session of an admitted child, registered.
func (r *Receiver) admit(conn net.Conn, peer Peer) (*session, error) {
	now := r.opts.Now()
	_ = conn.SetDeadline(time.Now().Add(r.opts.HandshakeTimeout))
	raw, err := readRequest(conn)
	if err != nil {
		r.logRejection(peer, wire.Request{}, "BAD HANDSHAKE", slog.LevelWarn, err.Error())
		return nil, err
	}
	req, err := wire.ParseRequest(raw)
	if err != nil {
		r.logRejection(peer, req, "BAD HANDSHAKE", slog.LevelWarn, err.Error())
		return nil, err
	}
	s, err := r.check(req, peer, now)
	if err == nil {
		err = r.register(s, conn, now)
	}
	if err != nil {
		rej := new(rejection)
		if !errors.As(err, &rej) {
			rej = &rejection{reply: wire.RejectInternal, reason: err.Error(), status: "INTERNAL ERROR", level: slog.LevelError}
		}
		r.logRejection(peer, req, rej.status, rej.level, rej.reason)
		if _, err := conn.Write([]byte(rej.reply)); err != nil {
			return nil, fmt.Errorf("answer the request: %w", err)
		}
		return nil, rej
	}
	if _, err := conn.Write([]byte(s.caps.Prompt())); err != nil {
		r.mu.Lock()
		delete(r.sessions, s.guid)
		close(s.done)
		r.mu.Unlock()
		return nil, fmt.Errorf("answer the request: %w", err)
	}
	_ = conn.SetDeadline(time.Time{})
	r.stats.Accepted.Add(1)
	return s, nil
}

func (r *Receiver) logRejection(peer Peer, req wire.Request, status string, level slog.Level, reason string) {
	r.stats.Rejected.Add(1)
	r.turnedAway.note(Rejection{
		Last: r.opts.Now(), Address: peer.Addr, IP: peer.IP, Hostname: req.Hostname, MachineGUID: req.MachineGUID,
		Agent: strings.TrimSpace(req.ProgramName + " " + req.ProgramVersion), APIKey: req.Key, Status: status, Reason: reason,
	})
	held, ok := r.rejections.Pass(peer.IP+" "+status, r.opts.Now())
	if !ok {
		return
	}
	r.opts.Logger.Log(context.Background(), level, fmt.Sprintf("STREAM [receive from %s]: %s", peer.Addr, reason),
		"status", status, "host", req.Hostname, "machine_guid", req.MachineGUID, "api_key", req.Key, "ip", peer.IP, "not_logged", held)
}

// errRequest are the ways in which a request cannot be read.
var (
	errRequestTooLong = errors.New("the request is longer than 8192 bytes")
	errRequestTail    = errors.New("the request has bytes behind its end")
)

// readRequest reads a request up to its blank line, which it leaves out.
func readRequest(conn net.Conn) ([]byte, error) {
	buf := make([]byte, 0, 2048)
	for {
		if len(buf) == cap(buf) {
			if cap(buf) >= wire.MaxRequest {
				return nil, errRequestTooLong
			}
			buf = append(make([]byte, 0, min(2*cap(buf), wire.MaxRequest)), buf...)
		}
		n, err := conn.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		end, size := bytes.Index(buf, []byte("\r\n\r\n")), 4
		if end < 0 {
			end, size = bytes.Index(buf, []byte("\n\n")), 2
		}
		switch {
		case end >= 0 && end+size < len(buf):
			return nil, errRequestTail
		case end >= 0:
			return buf[:end], nil
		case err != nil:
			return nil, fmt.Errorf("read the request: %w", err)
		}
	}
}

// check applies the admission rules in the order of netdata v2.11.0 src/streaming/stream-receiver-connection.c.
func (r *Receiver) check(req wire.Request, peer Peer, now time.Time) (*session, error) {
	switch {
	case req.BadHops:
		return nil, forbid("BAD HANDSHAKE", "hops is not a number")
	case req.Key == "":
		return nil, forbid("NO API KEY PERMISSION DENIED", "request without an API key (KEY)")
	case req.Hostname == "":
		return nil, forbid("NO HOSTNAME PERMISSION DENIED", "request without a hostname")
	case req.MachineGUID == "":
		return nil, forbid("NO MACHINE GUID PERMISSION DENIED", "request without a machine GUID")
	}
	key, err := parseGUID(req.Key)
	if err != nil {
		return nil, forbid("INVALID API KEY PERMISSION DENIED", "API key '%s' is not valid GUID", req.Key)
	}
	guid, err := parseGUID(req.MachineGUID)
	if err != nil {
		return nil, forbid("INVALID MACHINE GUID PERMISSION DENIED", "machine GUID '%s' is not GUID", req.MachineGUID)
	}
	rules := r.opts.Rules(key, guid)
	switch {
	case !rules.KeyIsAPI:
		return nil, forbid("INVALID API KEY PERMISSION DENIED", "API key '%s' is not allowed (not an api key)", req.Key)
	case !rules.KeyEnabled:
		return nil, forbid("API KEY DISABLED PERMISSION DENIED", "API key '%s' is not allowed", req.Key)
	case !rules.KeyAllows(peer.IP):
		return nil, forbid("NOT ALLOWED IP PERMISSION DENIED", "API key '%s' is not permitted from this IP", req.Key)
	case !rules.MachineIsMachine:
		return nil, forbid("MACHINE GUID DISABLED PERMISSION DENIED", "machine GUID '%s' is not allowed (not a machine)", guid)
	case !rules.MachineEnabled:
		return nil, forbid("MACHINE GUID DISABLED PERMISSION DENIED", "machine GUID '%s' is not allowed", guid)
	case !rules.MachineAllows(peer.IP):
		return nil, forbid("NOT ALLOWED IP PERMISSION DENIED", "Machine GUID '%s' is not permitted from this IP", guid)
	case guid == r.opts.GUID:
		return nil, &rejection{
			reply: wire.RejectLocalhost, status: "LOCALHOST PERMISSION DENIED", level: slog.LevelInfo,
			reason: "the machine GUID of the request is this parent's own. Denying it.",
		}
	}
	ver := req.Version
	s := &session{
		r: r, guid: guid, peer: peer, req: req, child: rules.Child,
		caps: wire.Negotiate(ver, wire.ParentCaps, rules.Child.Compressions),
		done: make(chan struct{}), now: now,
	}
	return s, nil
}

func parseGUID(s string) (string, error) {
	if len(s) != 36 { // Parse takes other forms too
		return "", errors.New("not a GUID")
	}
	id, err := uuid.Parse(s)
	if err != nil {
		return "", err
	}
	return id.String(), nil
}

// register makes s the session of its machine, replacing a stale one, and defines its host in the catalog.
func (r *Receiver) register(s *session, conn net.Conn, now time.Time) error {
	r.mu.Lock()
	for graced, replaced := false, false; ; {
		if r.closed {
			r.mu.Unlock()
			return &rejection{reply: wire.RejectBusy, status: "BUSY TRY LATER", reason: "shutting down", level: slog.LevelInfo}
		}
		if wait := r.nextAccept.Sub(now); wait > 0 && !graced {
			r.mu.Unlock()
			return &rejection{
				reply: wire.RejectBusy, status: "RATE LIMIT TRY LATER", level: slog.LevelWarn,
				reason: fmt.Sprintf("too busy to accept new streaming request. Will be allowed in %d secs.", int(wait.Seconds())+1),
			}
		}
		old := r.sessions[s.guid]
		if old == nil {
			break
		}
		if !graced {
			// Agents connect again in the instant their connection drops: the end of the old one may be a moment behind.
			graced = true
			r.mu.Unlock()
			old.wait(r.opts.DuplicateGrace)
			r.mu.Lock()
			continue
		}
		silent := now.Sub(old.lastTraffic())
		if silent < r.opts.StaleAfter || replaced {
			r.mu.Unlock()
			if old.req.Hostname != s.req.Hostname {
				return forbid("DUPLICATE RECEIVER", "multiple connections for same host detected: machine GUID '%s' streams as '%s', and now as '%s'",
					s.guid, old.req.Hostname, s.req.Hostname)
			}
			return &rejection{
				reply: wire.RejectAlready, status: "ALREADY CONNECTED", level: slog.LevelWarn,
				reason: fmt.Sprintf("multiple connections for same host detected. The existing connection from %s had traffic %d secs ago. Rejecting new connection.",
					old.peer.Addr, int(silent.Seconds())),
			}
		}
		r.mu.Unlock()
		old.stop("DISCONNECTED STALE RECEIVER")
		old.wait(r.opts.ReplaceWait)
		replaced = true
		r.mu.Lock()
	}
	if every := r.opts.AcceptEvery(); every > 0 {
		r.nextAccept = now.Add(every)
	}
	s.conn = conn
	s.state = &catalog.Connection{
		Since: now, RemoteAddr: s.peer.Addr, TLS: s.peer.TLS, APIKey: s.req.Key, Caps: s.caps,
		Compression: strings.ToLower((s.caps & wire.Compressions).String()),
	}
	if s.state.Compression == "" {
		s.state.Compression = "none"
	}
	s.state.SetLastTraffic(now)
	r.sessions[s.guid] = s
	r.mu.Unlock()
	return nil
}

// wait waits until the session has ended, at most d. It may be called from any goroutine.
func (s *session) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-s.done:
	case <-timer.C:
	}
}

// hostInfo returns the facts of the host as its request tells them.
func (s *session) hostInfo() catalog.HostInfo {
	info := catalog.HostInfo{
		Hostname:         s.req.Hostname,
		RegistryHostname: s.req.RegistryHostname,
		OS:               orUnknown(s.req.OS),
		Timezone:         orUnknown(s.req.Timezone),
		AbbrevTimezone:   s.req.AbbrevTimezone,
		UTCOffset:        s.req.UTCOffset,
		UpdateEvery:      max(1, s.req.UpdateEvery),
		Hops:             s.req.Hops,
		ProgramName:      s.req.ProgramName,
		ProgramVersion:   s.req.ProgramVersion,
		Tags:             s.req.Tags,
		MLCapable:        s.req.MLCapable,
		MLEnabled:        s.req.MLEnabled,
		Ephemeral:        s.child.Ephemeral,
		MemoryMode:       string(s.child.Keep.Mode),
		SystemInfo:       maps.Clone(s.req.SystemInfo),
	}
	if info.AbbrevTimezone == "" {
		info.AbbrevTimezone = "UTC"
	}
	if s.child.UpdateEvery > 0 {
		info.UpdateEvery = s.child.UpdateEvery
	}
	if old := s.r.opts.Store.Catalog().Host(s.guid); old != nil {
		info.ClaimID, info.NodeID = old.Info().ClaimID, old.Info().NodeID
		info.Ephemeral = info.Ephemeral || isEphemeral(old.Labels())
	}
	return info
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}
