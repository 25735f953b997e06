package notify

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"foster/health/alert"
	"foster/health/notify/service"
)

// Trial is what became of one test message.
type Trial struct {
	Recipient string // as it may be shown
	Service   string // its URL without secrets
	Status    alert.Status
	Took      time.Duration
	Err       error  // nil: delivered
	Skipped   string // why it was not sent, "": it was
}

// Try sends WARNING, CRITICAL and CLEAR of a test alert to all recipients of a role, at once and past queues, groups and
// limits. The results are ordered by recipient. The error says that the configuration is not valid, or that the role has no
// recipients.
func Try(ctx context.Context, o Options, role, host string) ([]Trial, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	services, err := o.build(&o.Config)
	if err != nil {
		return nil, err
	}
	events := testEvents(role, host, time.Now())
	all := recipients(o.Routes, &events[1], true)
	if len(all) == 0 {
		return nil, fmt.Errorf("no route names a recipient for the role %q and the host %q", role, host)
	}
	seen := map[target]bool{}
	var (
		results [][]Trial
		wg      sync.WaitGroup
	)
	for _, r := range all {
		sv := services[r.Service]
		if sv == nil {
			results = append(results, []Trial{{Recipient: r.Service, Err: fmt.Errorf("the service %q is not configured", r.Service)}})
			continue
		}
		for _, address := range sv.Addresses(r.Address) {
			to := target{r.Service, address}
			if seen[to] {
				continue
			}
			seen[to] = true
			mine := make([]Trial, len(events))
			results = append(results, mine)
			wg.Go(func() { o.try(ctx, sv, r.Recipient, to.address, events, mine) })
		}
	}
	wg.Wait()
	var list []Trial
	for _, r := range results {
		list = append(list, r...)
	}
	return list, nil
}

// try sends the events of a test to an address of a recipient.
func (o *Options) try(ctx context.Context, sv *service.Service, r Recipient, address string, events []alert.Transition, results []Trial) {
	shown := r
	shown.Address = sv.ShowAddress(address)
	var told alert.Status
	for i := range events {
		results[i] = Trial{Recipient: shown.String(), Service: sv.String(), Status: events[i].New}
		if !r.wants(events[i].New, true) {
			results[i].Skipped = "the recipient does not want it"
			continue
		}
		m := &service.Message{
			Alerts: []service.Alert{{Transition: events[i], Told: told, Critical: i > 0}},
			Test:   true, PublicURL: o.PublicURL, Summary: o.Summary,
		}
		start := time.Now()
		results[i].Err = sv.Send(ctx, m, address)
		results[i].Took = time.Since(start)
		told = events[i].New
	}
}

// testEvents returns the three transitions of a test.
func testEvents(role, host string, now time.Time) []alert.Transition {
	base := alert.Transition{
		MachineGUID: uuid.NewSHA1(uuid.NameSpaceDNS, []byte(host)).String(), Hostname: host, AlarmID: now.Unix(),
		Name: "test_alert", Chart: "system.cpu", ChartName: "system.cpu", Context: "system.cpu", Family: "cpu",
		Class: "Utilization", Component: "Test", Type: "System", Recipient: role, Source: "1@foster notify test",
		Units: "%", Summary: "Test of foster's notifications", Info: "This is a test: nothing happened.", When: now.Truncate(time.Second),
	}
	var list []alert.Transition
	last := alert.Clear
	for i, next := range []struct {
		status alert.Status
		value  float64
	}{{alert.Warning, 81}, {alert.Critical, 97}, {alert.Clear, 12}} {
		t := base
		t.UUID = uuid.New()
		t.GlobalID, t.UniqueID, t.EventID = now.UnixMicro()+int64(i), now.Unix()+int64(i), int64(i+1)
		t.Old, t.New, t.NewValue, t.NewText = last, next.status, next.value, fmt.Sprint(next.value, "%")
		if i > 0 {
			t.OldValue, t.OldText = list[i-1].NewValue, list[i-1].NewText
			t.Duration, t.RaisedDuration = time.Minute, time.Duration(i)*time.Minute
		}
		last = next.status
		list = append(list, t)
	}
	return list
}
