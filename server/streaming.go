package server

import (
	"time"

	"foster/internal/machine"
	"foster/web/api"
)

// streaming returns what tells of streaming beside the catalog, of a server that has been started then.
func (s *Server) streaming(started time.Time) func() api.Streaming {
	return func() api.Streaming {
		rec, used := s.receiver.Load(), machine.ThisProcess()
		out := api.Streaming{
			Keys:    s.streamKeys(),
			Process: api.Process{Started: started, CPU: used.CPU, Memory: used.Memory, Goroutines: used.Goroutines},
		}
		if rec == nil {
			return out
		}
		totals := rec.Totals()
		out.Accepted, out.Rejected = totals.Accepted, totals.Rejected
		for _, r := range rec.Rejections() {
			out.Rejections = append(out.Rejections, api.Rejection{
				First: r.First, Last: r.Last, Count: r.Count, Address: r.Address, Hostname: r.Hostname, GUID: r.MachineGUID,
				Agent: r.Agent, Key: r.APIKey, Status: r.Status, Reason: r.Reason,
			})
		}
		return out
	}
}

// streamKeys returns the API keys that children can use, and what the configuration in force says of these.
func (s *Server) streamKeys() []api.StreamKey {
	cfg := s.config.Load()
	var keys []api.StreamKey
	for _, key := range cfg.Stream.EnabledKeys() {
		options, _ := cfg.Stream.Key(key)
		child := cfg.Child(key, "")
		k := api.StreamKey{
			Key: key, AllowFrom: options.AllowFrom.String(), MemoryMode: string(child.Mode),
			Replication: child.Replication, ReplicationPeriod: child.ReplicationPeriod,
			Health: string(child.Health), Ephemeral: child.Ephemeral,
		}
		if child.Compression {
			k.Compression = child.CompressionOrder
		}
		keys = append(keys, k)
	}
	return keys
}
