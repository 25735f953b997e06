package machine

import (
	"runtime"
	"testing"
)

func TestThisProcess(t *testing.T) {
	p := ThisProcess()
	if p.Memory < 1<<20 || p.Goroutines < 1 || p.CPU < 0 || p.CPU == 0 && runtime.GOOS == "linux" {
		t.Errorf("%+v", p)
	}
}
