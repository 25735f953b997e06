package server

import (
	"foster/replication/receiver"
	"foster/replication/wire"
	"foster/server/config"
	"foster/storage"
)

// rules translates the configuration in force for the receiver.
func (s *Server) rules(key, guid string) receiver.Rules {
	cfg := s.config.Load()
	k, keyKnown := cfg.Stream.Key(key)
	m, _ := cfg.Stream.Machine(guid)
	child := cfg.Child(key, guid)
	allow := func(o config.KeyOptions) func(string) bool {
		return func(ip string) bool { return matchPeer(o.AllowFrom, ip) }
	}
	r := receiver.Rules{
		// A key without a section is not enabled; that is what it is refused for.
		KeyIsAPI: !keyKnown || !k.WrongType, KeyEnabled: k.Enabled, KeyAllows: allow(k),
		MachineIsMachine: !m.WrongType, MachineEnabled: m.Enabled, MachineAllows: allow(m),
		Child: receiver.Child{
			Replication: child.Replication, ReplicationPeriod: child.ReplicationPeriod, ReplicationStep: child.ReplicationStep,
			UpdateEvery: int64(child.UpdateEvery), Ephemeral: child.Ephemeral,
			Keep: storage.Keep{Mode: storage.Mode(child.Mode), Entries: int64(child.Retention), ObsoleteAfter: cfg.Server.DB.CleanupObsoleteCharts},
		},
	}
	r.Child.Limits = receiver.Limits{
		Charts: child.Limits.Charts, Dimensions: child.Limits.Dimensions, ChartDimensions: child.Limits.ChartDimensions,
		LabelBytes: int64(min(child.Limits.LabelBytes, 1<<40)),
	}
	if child.Compression {
		for _, name := range child.CompressionOrder {
			r.Child.Compressions = append(r.Child.Compressions, compressionBits[name])
		}
	}
	return r
}

var compressionBits = map[string]wire.Caps{"zstd": wire.ZSTD, "lz4": wire.LZ4, "gzip": wire.GZIP, "brotli": wire.Brotli}
