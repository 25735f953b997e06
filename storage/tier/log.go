package tier

import (
	"context"
	"errors"
	"log/slog"
	"strings"
)

// quiet returns a logger of which no Info is seen unless Debug is. The TSDB tells as Info how it opens, compacts and
// deletes, in some twenty lines a start; an operator wants its warnings and errors.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(quietHandler{log.Handler()}) }

// quietHandler makes what is less than a warning Debug.
type quietHandler struct{ slog.Handler }

func quietLevel(level slog.Level) slog.Level {
	if level < slog.LevelWarn {
		return min(level, slog.LevelDebug)
	}
	return level
}

// Enabled implements slog.Handler.
func (h quietHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.Handler.Enabled(ctx, quietLevel(level))
}

// Handle implements slog.Handler.
func (h quietHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == stateHeld {
		return nil
	}
	r.Level = quietLevel(r.Level)
	r.Attrs(func(a slog.Attr) bool {
		if err, ok := a.Value.Any().(error); ok && errors.Is(err, context.Canceled) {
			r.Level = slog.LevelDebug // it was told to stop
		}
		return true
	})
	if !h.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	if harmless(r.Message) {
		r.Level = min(r.Level, slog.LevelDebug)
		if !h.Enabled(ctx, r.Level) {
			return nil
		}
	}
	return h.Handler.Handle(ctx, r)
}

// stateHeld is what the TSDB says each second while it is kept from writing a file, see holdState.
const stateHeld = "Failed to create temp series state file"

// harmless says whether a warning or an error is none for an operator.
func harmless(message string) bool {
	switch {
	case strings.HasPrefix(message, "Overlapping blocks found"): // replayed history makes such blocks, which the TSDB merges
		return true
	case strings.HasPrefix(message, "Failed to read"):
		return false
	}
	// The TSDB writes this small file each second unless it is kept from that, and says each second that it cannot. On a full
	// disk space has told why.
	return strings.Contains(message, "series state")
}

// WithAttrs implements slog.Handler.
func (h quietHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quietHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h quietHandler) WithGroup(name string) slog.Handler {
	return quietHandler{h.Handler.WithGroup(name)}
}
