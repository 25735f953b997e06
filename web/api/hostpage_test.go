package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"foster/storage"
	"foster/storage/catalog"
)

func TestHostPage(t *testing.T) {
	m := newMemory()
	h := m.web01()
	twin := m.cat.Define("bbbbbbbb-0000-4000-8000-000000000002", catalog.HostInfo{Hostname: "twin"})
	m.cat.Define("bbbbbbbb-0000-4000-8000-000000000003", catalog.HostInfo{Hostname: "twin"})
	conn := &catalog.Connection{Since: time.Unix(start-60, 0), RemoteAddr: "192.0.2.7:4000"}
	conn.Samples.Add(42)
	h.Connect(conn)
	var asked string
	var answer error
	a := testAPI(t, m, func(o *Options) {
		o.Remove = func(_ context.Context, h *catalog.Host, force bool) error {
			asked = fmt.Sprint(h.GUID, " ", force)
			return answer
		}
		o.Usage = func(*catalog.Host) []storage.Usage { return []storage.Usage{{Bytes: 1000}, {Bytes: 234}} }
	})
	const path = "/api/foster/v1/hosts/"
	host := object(t, a, path+h.GUID)
	if host["guid"] != h.GUID || host["disk_bytes"] != 1234.0 || host["ephemeral"] != false {
		t.Errorf("host is %v", host)
	}
	list := object(t, a, path+h.Info().Hostname+"/connections")["connections"].([]any)
	if first := list[0].(map[string]any); len(list) != 1 || first["address"] != "192.0.2.7:4000" || first["samples"] != 42.0 || first["until"] != nil ||
		first["since"] != float64(start-60) {
		t.Errorf("connections are %v", list)
	}
	if list := object(t, a, path+a.opt.Self.GUID+"/connections")["connections"].([]any); len(list) != 0 {
		t.Errorf("the parent has connections: %v", list)
	}

	want := func(method, path string, status int, asks, text string) {
		t.Helper()
		asked = ""
		res := do(a, method, path)
		if res.Code != status || asked != asks || !strings.Contains(res.Body.String(), text) {
			t.Errorf("%s %s: %d %q, asked to remove %q; want %d %q, %q", method, path, res.Code, res.Body, asked, status, text, asks)
		}
	}
	want(http.MethodDelete, path+h.GUID, 200, h.GUID+" false", `{"removed":"`+h.GUID+`","hostname":"`+h.Info().Hostname+`"}`)
	want(http.MethodDelete, path+h.Info().Hostname+"?force=1", 200, h.GUID+" true", h.GUID)
	want(http.MethodDelete, path+"twin", 409, "", "by machine GUID")
	want(http.MethodDelete, path+twin.GUID, 200, twin.GUID+" false", twin.GUID)
	want(http.MethodDelete, path+"%3Cb%3E", 404, "", "no host &lt;b&gt;")
	want(http.MethodDelete, path+a.opt.Self.GUID, 400, "", "cannot be removed")
	want(http.MethodDelete, path+h.GUID+"/connections", 404, "", "nothing at this path")
	want(http.MethodDelete, "/api/foster/v1/hosts", 405, "", "Unsupported method")
	want(http.MethodDelete, "/api/v1/charts", 405, "", "Unsupported method")
	want(http.MethodDelete, "/api/v1/charts/x", 400, "", "subpaths")
	want(http.MethodGet, path+h.GUID+"/wibble", 404, "", "nothing at this path")
	want(http.MethodGet, path+"wibble", 404, "", "no host wibble")
	want(http.MethodGet, path+a.opt.Self.GUID, 404, "", "itself")
	want(http.MethodPut, path+h.GUID, 405, "", "Unsupported method")
	for err, status := range map[error]int{
		fmt.Errorf("host x %w", storage.ErrConnected): 409, fmt.Errorf("host x %w", storage.ErrRemoved): 404, errors.New("disk full"): 500,
	} {
		answer = err
		want(http.MethodDelete, path+h.GUID, status, h.GUID+" false", "")
	}
	// A page of another site learns that it may not ask.
	if methods := do(a, http.MethodOptions, path+h.GUID).Header().Get("Access-Control-Allow-Methods"); strings.Contains(methods, "DELETE") {
		t.Errorf("any site may delete: %s", methods)
	}
}
