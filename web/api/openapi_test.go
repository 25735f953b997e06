package api

import (
	"context"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"foster/health"
	"foster/health/silence"
	"foster/web/dashboards"
)

type openAPIDocument struct {
	OpenAPI string
	Paths   map[string]map[string]openAPIOperation
}

type openAPIOperation struct {
	OperationID string
	Summary     string
	Parameters  []struct {
		Name, In, Description string
		Required              bool
		Example               string
	}
	Responses map[string]struct {
		Description string
		Content     map[string]any
	}
}

func openAPIDescription(t *testing.T) openAPIDocument {
	t.Helper()
	var doc openAPIDocument
	if err := json.Unmarshal(description, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestOpenAPICommands fails when a command is not described, or one is described that is none.
func TestOpenAPICommands(t *testing.T) {
	doc := openAPIDescription(t)
	var have []string
	for version, list := range commands {
		for name := range list {
			have = append(have, "/api/"+version+"/"+name)
		}
	}
	slices.Sort(have)
	described := slices.Sorted(maps.Keys(doc.Paths))
	for _, path := range have {
		if !slices.Contains(described, path) {
			t.Errorf("%s is not described", path)
		}
	}
	ids := map[string]bool{}
	for _, path := range described {
		command, below, _ := strings.Cut(path, "/{")
		if !slices.Contains(have, command) || below != "" && commands["foster/v1"][command[len("/api/foster/v1/"):]].below == nil {
			t.Errorf("%s is described and not there", path)
		}
		get, ok := doc.Paths[path]["get"]
		if !ok || get.Summary == "" || get.OperationID == "" || ids[get.OperationID] || len(get.Responses) == 0 {
			t.Errorf("%s: %+v", path, get)
		}
		ids[get.OperationID] = true
	}
}

// TestOpenAPIAnswers asks each command with the examples of the description, and without required parameters.
func TestOpenAPIAnswers(t *testing.T) {
	a, f := fake(t)
	silenced, err := a.opt.Silences.Add(silence.Timed{Selector: silence.Selector{Hosts: "*"}, Expires: a.opt.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	window, err := a.opt.Silences.AddWindow(silence.Window{Hosts: "*", Start: a.opt.Now(), End: a.opt.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	board, err := a.opt.Dashboards.Create(dashboards.Content{Name: "n"})
	if err != nil {
		t.Fatal(err)
	}
	config := health.HashOf(f.definitions[0]).String()
	for path, operations := range openAPIDescription(t).Paths {
		op := operations["get"]
		path = strings.NewReplacer("{host}", "web01", "silences/{id}", "silences/"+silenced.ID, "maintenance/{id}", "maintenance/"+window.ID, "dashboards/{id}", "dashboards/"+board.ID).Replace(path)
		var query []string
		required := false
		for _, p := range op.Parameters {
			if p.In == "path" {
				continue
			}
			if p.Name == "" || p.In != "query" || p.Description == "" {
				t.Errorf("%s: parameter %+v", path, p)
			}
			if p.Name == "config" {
				p.Example = config // of no definition but this
			}
			if p.Example != "" {
				query = append(query, url.QueryEscape(p.Name)+"="+url.QueryEscape(p.Example))
			}
			required = required || p.Required
			if p.Required && p.Example == "" {
				t.Errorf("%s: the required parameter %s has no example", path, p.Name)
			}
		}
		answer := "200"
		if _, ok := op.Responses[answer]; !ok {
			answer = "404" // known, and not here
		}
		ask := func(want, query string) {
			t.Helper()
			w := briefly(t, a, "/host/web01"+path+query)
			if got := strconv.Itoa(w.Code); got != want {
				t.Errorf("%s%s: %d, and %s is described: %.200s", path, query, w.Code, want, w.Body.String())
				return
			}
			kind := w.Header().Get("Content-Type")
			if _, ok := op.Responses[want].Content[kind]; !ok {
				t.Errorf("%s%s: content type %s is not described", path, query, kind)
			}
			if strings.HasPrefix(kind, "application/json") && !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s%s: %s", path, query, w.Body.String())
			}
		}
		ask(answer, "?"+strings.Join(query, "&"))
		if _, described := op.Responses["400"]; described && required {
			ask("400", "")
		}
	}
}

// briefly asks for a path and ends the request soon: a live stream would not.
func briefly(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	ctx := t.Context()
	if strings.Contains(path, "/live") {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	r.Header.Set("X-Auth-Token", testToken)
	h.ServeHTTP(w, r)
	return w
}

// TestOpenAPIParameters fails when a handler reads a parameter that is not described anywhere, or a described one is read by
// none. Names that are made at run time begin with one that is described.
func TestOpenAPIParameters(t *testing.T) {
	described := map[string]bool{}
	text := ""
	for _, operations := range openAPIDescription(t).Paths {
		for _, op := range operations {
			for _, p := range op.Parameters {
				if p.In == "query" {
					described[p.Name] = true
				}
				text += p.Description + "\n"
			}
		}
	}
	read, literals := parameterNames(t)
	for name := range read {
		if !described[name] && !strings.Contains(text, "`"+name+"`") {
			t.Errorf("the parameter %s is read and not described", name)
		}
	}
	for name := range described {
		base := strings.TrimPrefix(name, "scope_")
		if !literals[name] && !literals[base] && name != "help" && name != "types" && name != "alerts" && name != "cmd" {
			t.Errorf("the parameter %s is described and not read", name)
		}
	}
}

// parameterNames returns the constant names that are given to the functions that read parameters, and all strings of the
// package.
func parameterNames(t *testing.T) (read, literals map[string]bool) {
	t.Helper()
	read, literals = map[string]bool{}, map[string]bool{}
	files, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				if s, err := strconv.Unquote(l.Value); err == nil {
					literals[s] = true
				}
			}
			call, ok := n.(*ast.CallExpr)
			if !ok || !readsParameters(call) {
				return true
			}
			for _, arg := range call.Args {
				if l, ok := arg.(*ast.BasicLit); ok && l.Kind == token.STRING {
					if s, err := strconv.Unquote(l.Value); err == nil && s != "" {
						read[s] = true
					}
				}
			}
			return true
		})
	}
	return read, literals
}

// readsParameters says whether a call is ps.get and the like, or hands ps to one of the readers.
func readsParameters(call *ast.CallExpr) bool {
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		if f.Sel.Name != "get" && f.Sel.Name != "all" && f.Sel.Name != "number" {
			return false
		}
		switch x := f.X.(type) {
		case *ast.Ident:
			return x.Name == "ps"
		case *ast.SelectorExpr:
			return x.Sel.Name == "params"
		}
	case *ast.Ident:
		return f.Name == "switched" || f.Name == "listPattern"
	}
	return false
}
