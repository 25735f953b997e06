package tier

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
)

func TestQuiet(t *testing.T) {
	for level, want := range map[slog.Level]string{
		slog.LevelInfo:  "level=WARN msg=c a=1 g.b=2 g.n=3|level=ERROR msg=d a=1 g.b=2",
		slog.LevelDebug: "level=DEBUG msg=a a=1 g.b=2|level=DEBUG msg=b a=1 g.b=2|level=DEBUG msg=\"Overlapping blocks found during reloadBlocks\" a=1 g.b=2|level=DEBUG msg=\"Failed to encode series state\" a=1 g.b=2|level=WARN msg=c a=1 g.b=2 g.n=3|level=ERROR msg=d a=1 g.b=2",
	} {
		var b strings.Builder
		log := quiet(slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{
			Level: level,
			ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			},
		}))).With("a", 1).WithGroup("g").With("b", 2)
		log.Debug("a")
		log.Info("b")
		log.Warn("Overlapping blocks found during reloadBlocks")
		log.Error("Failed to encode series state")
		log.Error(stateHeld, "err", errors.New("is a directory"))
		log.Warn("c", "n", 3)
		log.Error("d")
		if got := strings.ReplaceAll(strings.TrimSpace(b.String()), "\n", "|"); got != want {
			t.Errorf("level %v: %s, want %s", level, got, want)
		}
	}
}
