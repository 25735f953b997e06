package server

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func deleting(r *http.Request) { r.Method = http.MethodDelete }

// Whoever may manage the parent removes hosts, connected ones only by force, and not through a page of another site.
func TestRemoveHost(t *testing.T) {
	t.Parallel()
	p := start(t, "allow management from = localhost")
	c, answer := stream(t, p.plain())
	if !accepted(answer) {
		t.Fatal(answer)
	}
	eventually(t, func() bool { return p.store.Catalog().Len() == 1 }, "the child is not known")
	h := p.store.Catalog().Hosts()[0]
	path := "/api/foster/v1/hosts/" + h.GUID
	want := func(path string, status int, text string, change ...func(*http.Request)) {
		t.Helper()
		if a := get(t, p.plain(), path, append(change, deleting)...); a.status != status || !strings.Contains(a.body, text) {
			t.Errorf("DELETE %s: %d %q, want %d %q", path, a.status, a.body, status, text)
		}
	}
	foreign := func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }
	want(path, http.StatusForbidden, "", foreign)
	want(path, http.StatusForbidden, "", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
	want(path, http.StatusConflict, "is connected")
	want(path+"?force=1", http.StatusOK, h.GUID)
	if !h.Removed() {
		t.Error("the host is still there")
	}
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the child is still connected")
	}
	want(path, http.StatusNotFound, "no host")
	want("/host/x/api/v1/info", http.StatusNotFound, "")
	p.log.want(t, "the host is removed")

	q := start(t, "allow management from = 10.*")
	if a := get(t, q.plain(), path, deleting); a.status != http.StatusForbidden {
		t.Errorf("DELETE by one who may not manage: %d", a.status)
	}
	if a := get(t, q.plain(), "/api/foster/v1/hosts"); a.status != http.StatusOK {
		t.Errorf("GET by one who may not manage: %d", a.status)
	}
}

// The settings in force decide what is removed, and what a host that has gone may take.
func TestCleanupSettings(t *testing.T) {
	t.Parallel()
	p := start(t, "", func(p *parent) {
		p.write(t, "config/foster.conf", "[web]\n    bind to = "+p.addr+"\n[db]\n    cleanup ephemeral hosts after = 2h\n    cleanup obsolete charts after = 30m\n    quota per host = 100MiB\n")
		p.write(t, "config/stream.conf", testStream+"    quota = 50MiB\n")
	})
	c, answer := stream(t, p.plain())
	if !accepted(answer) {
		t.Fatal(answer)
	}
	eventually(t, func() bool { return p.store.Catalog().Len() == 1 && p.store.Catalog().Hosts()[0].APIKey() != "" }, "the child is not known")
	_ = c.Close()
	h := p.store.Catalog().Hosts()[0]
	eventually(t, func() bool { return h.Connection() == nil }, "the child is still connected")
	got := p.cleanup()
	if got.EphemeralHosts != 2*time.Hour || got.ObsoleteCharts != 30*time.Minute || got.OrphanHosts != time.Hour {
		t.Errorf("cleanup is %+v", got)
	}
	if quota := got.Quota(h); quota != 50<<20 {
		t.Errorf("the quota is %d", quota)
	}
	if quota := got.Quota(p.store.Catalog().Define("99999999-0000-4000-8000-000000000001", *h.Info())); quota != 100<<20 {
		t.Errorf("the quota of a host without a key is %d", quota)
	}
}
