package server

import "foster/web/api"

// firstChild returns what to write on the first child of a new parent.
func (s *Server) firstChild() api.FirstChild {
	return api.FirstChild{APIKey: s.firstKey, Destination: Destination(s.Sockets(), s.TLS())}
}
