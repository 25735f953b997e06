package receiver

import (
	"errors"
	"log/slog"
	"time"

	"foster/replication/wire"
	"foster/storage"
)

// Options is what a Receiver needs. The zero values of Now, Logger and the durations get defaults.
type Options struct {
	Store *storage.Store
	GUID  string // the parent's own machine GUID, lower case
	// Hostname is the parent's own name in stream paths.
	Hostname string
	// Rules says what the configuration in force says of a child. It is called at each connection.
	Rules func(key, machineGUID string) Rules
	// AcceptEvery returns the least time between two accepted connections, 0 for no limit.
	AcceptEvery func() time.Duration

	Now    func() time.Time
	Logger *slog.Logger

	HandshakeTimeout time.Duration // for the request; default 10 s
	IdleTimeout      time.Duration // without a byte the connection ends; default 600 s
	ReplayTimeout    time.Duration // without an answer, while some are due, the connection ends; default 600 s
	WriteTimeout     time.Duration // default 60 s
	StaleAfter       time.Duration // a connection silent for so long may be replaced; default 30 s
	ReplaceWait      time.Duration // for the replaced connection to end; default 2 s
	// DuplicateGrace is how long a second connection of a machine waits for the first to end before it is refused: an
	// agent that is refused stays away for two minutes. Default 1 s.
	DuplicateGrace time.Duration
	// ResumeSpread is the time over which connections are ended when a full disk has space again, so that not all children
	// come back, and replay, at once. Default 20 s.
	ResumeSpread  time.Duration
	CommitDelay   time.Duration // samples wait no longer than this to be committed; default 250 ms
	CommitSamples int           // samples in a batch; default 4096
	MaxLine       int           // bytes; default 1 MiB
}

func (o *Options) setDefaults() error {
	switch {
	case o.Store == nil:
		return errors.New("receiver options: no store")
	case o.Rules == nil:
		return errors.New("receiver options: no rules")
	}
	if o.AcceptEvery == nil {
		o.AcceptEvery = func() time.Duration { return 0 }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.HandshakeTimeout, 10 * time.Second},
		{&o.IdleTimeout, 600 * time.Second},
		{&o.ReplayTimeout, 600 * time.Second},
		{&o.WriteTimeout, 60 * time.Second},
		{&o.StaleAfter, 30 * time.Second},
		{&o.ReplaceWait, 2 * time.Second},
		{&o.DuplicateGrace, time.Second},
		{&o.ResumeSpread, 20 * time.Second},
		{&o.CommitDelay, 250 * time.Millisecond},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if o.CommitSamples <= 0 {
		o.CommitSamples = 4096
	}
	if o.MaxLine <= 0 {
		o.MaxLine = 1 << 20
	}
	return nil
}

// Rules are what the configuration says of an API key and of a machine that presents it.
type Rules struct {
	KeyIsAPI         bool // the key's section exists with type api
	KeyEnabled       bool
	KeyAllows        func(ip string) bool
	MachineIsMachine bool // the machine has no section, or one with type machine
	MachineEnabled   bool
	MachineAllows    func(ip string) bool
	Child            Child
}

// Child is how a child is treated.
type Child struct {
	Compressions      []wire.Caps   // allowed, in order of preference
	Replication       bool          // ask for missing history
	ReplicationPeriod time.Duration // how far back
	ReplicationStep   time.Duration // how much in one request
	UpdateEvery       int64         // seconds, 0 for the child's own
	Ephemeral         bool
	Keep              storage.Keep // where its points are kept
	Limits            Limits       // of what it may define; zero: DefaultLimits
}
