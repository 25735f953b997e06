package api

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"foster/storage/catalog"
)

// request is a request for a command of the API.
type request struct {
	*http.Request
	host   *catalog.Host // nil: the parent itself
	params params
	now    time.Time
}

// command is a command of the API. Exactly one of answer and stream is set.
type command struct {
	answer func(a *API, rp *reply, rq *request)
	below  func(a *API, rp *reply, rq *request, path []string) // answers paths below the command, DELETE too; may be nil
	put    bool                                                // below answers PUT too
	stream func(a *API, w http.ResponseWriter, rq *request)
}

// commands are the commands by version and name.
var commands = map[string]map[string]command{
	"v1": {
		"info":      {answer: (*API).info},
		"charts":    {answer: (*API).charts},
		"chart":     {answer: (*API).chart},
		"data":      {answer: (*API).data},
		"functions": {answer: (*API).functions},
		"function":  {answer: (*API).runFunction},
		"contexts":  {answer: (*API).contexts},
		"context":   {answer: (*API).oneContext},
		"registry":  {answer: (*API).registry},

		"allmetrics": {answer: (*API).allMetrics},
		"badge.svg":  {answer: (*API).badge},
		"weights":    {answer: (*API).weights},

		"metric_correlations": {answer: (*API).correlations},

		"alarms":        {answer: (*API).alarms},
		"alarms_values": {answer: (*API).alarmsValues},
		"alarm_log":     {answer: (*API).alarmLog},
		"alarm_count":   {answer: (*API).alarmCount},

		"alarm_variables": {answer: (*API).alarmVariables},

		"manage/health": {answer: (*API).manageHealth},

		"aclk": absent(needsCloud),
	},
	"v2": {
		"data":              {answer: (*API).dataV2},
		"badge.svg":         {answer: (*API).badge},
		"weights":           {answer: (*API).weightsV2},
		"contexts":          {answer: (*API).contextsV2},
		"q":                 {answer: (*API).q},
		"nodes":             {answer: (*API).nodesV2},
		"node_instances":    {answer: (*API).nodeInstances},
		"info":              {answer: (*API).infoV2},
		"versions":          {answer: (*API).versionsV2},
		"functions":         {answer: (*API).functionsV2},
		"function":          {answer: (*API).runFunction},
		"alerts":            {answer: (*API).alertsV2},
		"alert_transitions": {answer: (*API).alertTransitions},
		"alert_config":      {answer: (*API).alertConfigV2},
		"stream_info":       {answer: (*API).streamInfo},

		"claim":             absent(needsCloud),
		"bearer_protection": absent(needsCloud),
		"bearer_get_token":  absent(needsCloud),
		"rtc_offer":         absent(needsCloud),
	},
	"v3": {
		"data":              {answer: (*API).dataV3},
		"allmetrics":        {answer: (*API).allMetrics},
		"badge.svg":         {answer: (*API).badge},
		"weights":           {answer: (*API).weightsV2},
		"context":           {answer: (*API).oneContext},
		"contexts":          {answer: (*API).contextsV2},
		"q":                 {answer: (*API).q},
		"nodes":             {answer: (*API).nodesV2},
		"node_instances":    {answer: (*API).nodeInstances},
		"info":              {answer: (*API).infoV2},
		"versions":          {answer: (*API).versionsV2},
		"functions":         {answer: (*API).functionsV2},
		"function":          {answer: (*API).runFunction},
		"alerts":            {answer: (*API).alertsV2},
		"alert_transitions": {answer: (*API).alertTransitions},
		"alert_config":      {answer: (*API).alertConfigV2},
		"stream_info":       {answer: (*API).streamInfo},
		"stream_path":       {answer: (*API).streamPathV2},
		"me":                {answer: (*API).me},

		"claim":             absent(needsCloud),
		"bearer_protection": absent(needsCloud),
		"bearer_get_token":  absent(needsCloud),
		"rtc_offer":         absent(needsCloud),
		"settings":          absent(noSettings),
		"config":            absent(needsPlugin),
	},
	"foster/v1": {
		"hosts":   {answer: (*API).hosts, below: (*API).hostPage},
		"fleet":   {answer: (*API).fleet},
		"live":    {stream: (*API).live},
		"data":    {answer: (*API).batch},
		"storage": {answer: (*API).storagePage},

		"deliveries": {answer: (*API).deliveries},

		"charts":     {answer: (*API).chartsOfHosts},
		"dashboards": {answer: (*API).dashboardList, below: (*API).oneDashboard, put: true},

		"alert_instances": {answer: (*API).alertInstances},

		"streaming":   {answer: (*API).streaming},
		"first_child": {answer: (*API).firstChild},
		"alert":       {answer: (*API).alertPage},
		"alerts":      {answer: (*API).alertCountsPage},
		"silences":    {answer: (*API).silences, below: (*API).oneSilence},
		"maintenance": {answer: (*API).maintenance, below: (*API).oneWindow},

		"openapi.json": {answer: (*API).openAPI},
	},
}

// ServeHTTP answers everything below /api/, /host/ and /node/, and hands the rest to the pages.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := a.opt.Now()
	segments, directory := split(r.URL.EscapedPath())
	if r.Method == http.MethodOptions {
		allowOrigin(w, r)
		options(w)
		return
	}
	rp := newReply()
	defer rp.free()
	rq := &request{Request: r, now: now}
	if len(segments) > 0 && isHostPrefix(segments[0]) {
		name := ""
		if len(segments) > 1 {
			name = segments[1]
		}
		host, found := a.find(name)
		switch {
		case !found && wantsPage(r, segments):
			a.missingPage(w, r)
			return
		case !found:
			rp.failHTML(http.StatusNotFound, "This netdata does not maintain a database for host: "+escape(name))
		case len(segments) == 2 && !directory:
			redirect(w, r, name)
			return
		case len(segments) > 2 && isHostPrefix(segments[2]):
			rp.fail(http.StatusBadRequest, "Nesting of hosts is not allowed.")
		default:
			rq.host, segments = host, segments[2:]
			if !a.route(w, rp, rq, segments, directory) {
				return
			}
		}
	} else if !a.route(w, rp, rq, segments, directory) {
		return
	}
	allowOrigin(w, r)
	rp.send(w, r, now, a.opt.GzipLevel())
}

// route answers a path without host prefix. It is false when the answer has been sent already.
func (a *API) route(w http.ResponseWriter, rp *reply, rq *request, segments []string, directory bool) bool {
	if len(segments) == 0 || segments[0] != "api" {
		a.page(w, rq.Request, segments, directory)
		return false
	}
	segments = segments[1:]
	if len(segments) == 0 {
		rp.fail(http.StatusBadRequest, "Which API version?")
		return true
	}
	version := segments[0]
	if segments = segments[1:]; version == "foster" && len(segments) > 0 {
		version, segments = version+"/"+segments[0], segments[1:]
	}
	known := commands[version]
	if known == nil {
		rp.failHTML(http.StatusNotFound, "Unsupported API version: "+escape(version))
		return true
	}
	if len(segments) == 0 {
		rp.fail(http.StatusBadRequest, "Which API command?")
		return true
	}
	name := segments[0]
	if name == "manage" && len(segments) > 1 {
		name, segments = name+"/"+segments[1], segments[1:]
	}
	cmd, found := known[name]
	switch {
	case !found:
		rp.fail(http.StatusNotFound, "Unsupported API command: "+escape(name))
	case len(segments) > 1 && cmd.below == nil:
		rp.fail(http.StatusBadRequest, "API command '"+name+"' does not support subpaths.")
	case !allows(rq.Method, cmd, segments):
		w.Header().Set("Allow", "GET, HEAD, POST, OPTIONS")
		rp.fail(http.StatusMethodNotAllowed, "Unsupported method: "+escape(rq.Method))
	case len(rq.URL.RawQuery) > maxQuery:
		rp.fail(http.StatusRequestURITooLong, "The query string is too long.")
	default:
		rq.params = parseParams(rq.URL.RawQuery)
		if len(segments) > 1 {
			cmd.below(a, rp, rq, segments[1:])
			return true
		}
		if cmd.stream != nil {
			allowOrigin(w, rq.Request)
			cmd.stream(a, w, rq)
			return false
		}
		cmd.answer(a, rp, rq)
	}
	return true
}

// allows says whether a command may be asked with a method.
func allows(method string, cmd command, segments []string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
		return true
	}
	return (method == http.MethodDelete || method == http.MethodPut && cmd.put) && cmd.below != nil && len(segments) > 1
}

func isHostPrefix(segment string) bool { return segment == "host" || segment == "node" }

// find returns the host with that name, GUID or node id; host is nil when it is the parent itself.
func (a *API) find(name string) (host *catalog.Host, found bool) {
	if strings.EqualFold(name, a.opt.Self.GUID) {
		return nil, true
	}
	if host = a.catalog.Find(name); host != nil && name != "" {
		return host, true
	}
	return nil, name == a.opt.Self.Hostname
}

// split returns the decoded segments of a path, empty ones left out; directory says that the path ends with a slash.
func split(path string) (segments []string, directory bool) {
	for s := range strings.SplitSeq(path, "/") {
		if s == "" {
			continue
		}
		if decoded, err := url.PathUnescape(s); err == nil {
			s = decoded
		}
		segments = append(segments, s)
	}
	return segments, strings.HasSuffix(path, "/")
}

// page hands the request to the pages, as one for the path without host prefix.
func (a *API) page(w http.ResponseWriter, r *http.Request, segments []string, directory bool) {
	path := "/" + strings.Join(segments, "/")
	if directory && len(segments) > 0 {
		path += "/"
	}
	if path != r.URL.Path {
		r = r.Clone(r.Context())
		r.URL.Path, r.URL.RawPath = path, ""
	}
	a.opt.Page.ServeHTTP(w, r)
}

// redirect sends the client from /host/x to /host/x/, by a relative address: behind a proxy the path may be another one.
func redirect(w http.ResponseWriter, r *http.Request, name string) {
	// "./" keeps a name with a colon from being read as a scheme.
	location := url.PathEscape(name) + "/"
	if strings.Contains(location, ":") {
		location = "./" + location
	}
	if r.URL.RawQuery != "" {
		location += "?" + r.URL.RawQuery
	}
	h := w.Header()
	h.Set("Location", location)
	h.Set("Content-Type", typeHTML)
	h.Set("Cache-Control", "no-cache, no-store, must-revalidate")
	w.WriteHeader(http.StatusMovedPermanently)
}

// allowOrigin lets pages of any origin read the answer, as agents do.
func allowOrigin(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	if origin == "" {
		origin = "*"
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Add("Vary", "Origin")
}

// options answers a preflight request.
func options(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "accept, x-requested-with, origin, content-type, cookie, pragma, cache-control, x-auth-token, x-netdata-auth, x-transaction-id")
	h.Set("Access-Control-Max-Age", "1209600") // two weeks
	h.Set("Content-Type", typeText)
	h.Set("Content-Length", "2")
	_, _ = w.Write([]byte("OK")) // a client that is gone needs no answer
}

// wantsPage says whether a browser asks for a page, and not a client for the API.
func wantsPage(r *http.Request, segments []string) bool {
	return (len(segments) < 3 || segments[2] != "api") && strings.Contains(r.Header.Get("Accept"), "text/html")
}

// missingPage answers with the page, which says that the host is not known, and status 404.
func (a *API) missingPage(w http.ResponseWriter, r *http.Request) {
	r = r.Clone(r.Context())
	r.URL.Path = "/"
	r.Header.Del("If-None-Match")
	a.opt.Page.ServeHTTP(&notFoundWriter{ResponseWriter: w}, r)
}

// notFoundWriter turns the status of a page into 404.
type notFoundWriter struct {
	http.ResponseWriter
	wrote bool
}

// WriteHeader implements http.ResponseWriter.
func (w *notFoundWriter) WriteHeader(status int) {
	if status == http.StatusOK {
		status = http.StatusNotFound
	}
	w.wrote = true
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *notFoundWriter) Write(p []byte) (int, error) {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}
