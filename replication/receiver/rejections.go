package receiver

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// maxRejections is how many different rejections are remembered, and maxRejectionText the length of a text of one, in bytes:
// both come from peers that nobody has admitted.
const (
	maxRejections    = 200
	maxRejectionText = 256
)

// Rejection is a connection that was not admitted, and those after it from the same address, of the same machine, for the
// same cause. What the peer said of itself may be missing or wrong.
type Rejection struct {
	First, Last time.Time
	Count       int64
	Address     string // of the last: [ip]:port, or the path of a unix socket
	IP          string
	Hostname    string
	MachineGUID string
	Agent       string // program and version
	APIKey      string
	Status      string // the word of Netdata's access log
	Reason      string // in full
}

// rejectionLog remembers the newest rejections.
type rejectionLog struct {
	mu   sync.Mutex // guards list
	list []Rejection
}

// note adds a rejection, at the time it has in Last. The one that is oldest makes room for it.
func (l *rejectionLog) note(r Rejection) {
	for _, s := range []*string{&r.Address, &r.IP, &r.Hostname, &r.MachineGUID, &r.Agent, &r.APIKey, &r.Status, &r.Reason} {
		// A copy: a part would keep the whole request.
		*s = strings.Clone((*s)[:min(len(*s), maxRejectionText)])
	}
	r.First, r.Count = r.Last, 1
	l.mu.Lock()
	defer l.mu.Unlock()
	at := slices.IndexFunc(l.list, func(o Rejection) bool {
		return o.IP == r.IP && o.MachineGUID == r.MachineGUID && o.Status == r.Status
	})
	if at >= 0 {
		r.First, r.Count = l.list[at].First, l.list[at].Count+1
		l.list = slices.Delete(l.list, at, at+1)
	} else if len(l.list) == maxRejections {
		l.list = slices.Delete(l.list, 0, 1)
	}
	l.list = append(l.list, r)
}

// newest returns the rejections, the newest first.
func (l *rejectionLog) newest() []Rejection {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := slices.Clone(l.list)
	slices.Reverse(list)
	return list
}

// Rejections returns the newest rejections, the newest first: at most 200 different ones of this run.
func (r *Receiver) Rejections() []Rejection { return r.turnedAway.newest() }

// NoteRejection remembers a connection that was turned away before it came to the receiver.
func (r *Receiver) NoteRejection(peer Peer, status, reason string) {
	r.turnedAway.note(Rejection{Last: r.opts.Now(), Address: peer.Addr, IP: peer.IP, Status: status, Reason: reason})
}
