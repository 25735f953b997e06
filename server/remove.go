package server

import (
	"context"
	"errors"
	"net/http"

	"foster/storage"
	"foster/storage/catalog"
)

// cleanup returns what the configuration in force says of what the store removes by itself.
func (s *Server) cleanup() storage.Cleanup {
	cfg := s.config.Load()
	db := &cfg.Server.DB
	return storage.Cleanup{
		ObsoleteCharts: db.CleanupObsoleteCharts, OrphanHosts: db.CleanupOrphanHosts, EphemeralHosts: db.CleanupEphemeralHosts,
		Quota: func(h *catalog.Host) int64 { return limit(cfg.Child(h.APIKey(), h.GUID).Quota) },
	}
}

// removeTries is how often a child that is always back at once is disconnected to remove its host.
const removeTries = 20

// removeHost removes a host and all that is stored of it. One that is connected is disconnected first when it is forced;
// otherwise the error is storage.ErrConnected.
func (s *Server) removeHost(ctx context.Context, h *catalog.Host, force bool) error {
	for try := 0; ; try++ {
		err := s.store.Remove(ctx, h)
		if !force || try == removeTries || !errors.Is(err, storage.ErrConnected) {
			return err
		}
		if err := s.receiver.Load().Disconnect(ctx, h.GUID, "the host is removed"); err != nil {
			return err
		}
	}
}

// guardDelete keeps pages of other sites from having the browser of an operator delete things.
func guardDelete(h http.Handler) http.Handler {
	guarded := http.NewCrossOriginProtection().Handler(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			guarded.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}
