package compress

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain sees that nothing here starts goroutines, though tests leave
// Readers and Writers unclosed.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
