package receiver

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestRejectionLog(t *testing.T) {
	var l rejectionLog
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	l.note(Rejection{Last: at(1), IP: "192.0.2.1", MachineGUID: "a", Status: "X", Address: "[192.0.2.1]:1", Reason: "first"})
	l.note(Rejection{Last: at(2), IP: "192.0.2.2", MachineGUID: "a", Status: "X"})
	l.note(Rejection{Last: at(3), IP: "192.0.2.1", MachineGUID: "a", Status: "Y"})
	l.note(Rejection{Last: at(4), IP: "192.0.2.1", MachineGUID: "a", Status: "X", Address: "[192.0.2.1]:2", Reason: "second"})
	list := l.newest()
	if len(list) != 3 {
		t.Fatalf("%d rejections", len(list))
	}
	if got := list[0]; got.Count != 2 || got.First != at(1) || got.Last != at(4) || got.Address != "[192.0.2.1]:2" || got.Reason != "second" {
		t.Errorf("the repeated one: %+v", got)
	}
	if list[1].Status != "Y" || list[2].IP != "192.0.2.2" {
		t.Errorf("%+v", list)
	}
	// However many come, and whatever they say, it stays small.
	for i := range 1000 {
		l.note(Rejection{Last: at(int64(10 + i)), IP: fmt.Sprint(i), Hostname: strings.Repeat("x", 8000)})
	}
	list = l.newest()
	if len(list) != maxRejections || list[0].IP != "999" || len(list[0].Hostname) != maxRejectionText {
		t.Errorf("%d rejections, the newest %+v", len(list), list[0])
	}
}
