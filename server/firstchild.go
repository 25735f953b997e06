package server

import "foster/web/api"

// firstChild returns what to write on the first child of a new parent. When that is in a container it has no
// destination: the page knows by which address it was reached.
func (s *Server) firstChild() api.FirstChild {
	f := api.FirstChild{APIKey: s.firstKey}
	if sockets := s.Sockets(); !Published(sockets) {
		f.Destination = Destination(sockets, s.TLS())
	}
	return f
}
