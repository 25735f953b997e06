package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Names of the files in the configuration directory.
const (
	StreamFile  = "stream.conf"
	ServerFile  = "foster.conf"
	NetdataFile = "netdata.conf" // read when there is no ServerFile
)

// Config is the whole configuration. It is not changed after it was loaded.
type Config struct {
	Stream *Stream
	Server *Server
}

// Default returns the configuration of an empty directory dir.
func Default(dir string) *Config {
	return &Config{Stream: DefaultStream(), Server: DefaultServer(dir)}
}

// Load reads the configuration files of dir. A file that is missing means
// defaults. Everything that is wrong is a Problem; what could be understood is
// in the returned Config, which is never nil.
func Load(dir string) (*Config, []Problem) {
	c := Default(dir)
	var all []Problem

	if f, problem := readFile(filepath.Join(dir, StreamFile)); f != nil {
		var ps []Problem
		c.Stream, ps = NewStream(f)
		all = append(all, ps...)
		all = append(all, problem...)
	}
	f, problem := readFile(filepath.Join(dir, ServerFile))
	if f == nil {
		f, problem = readFile(filepath.Join(dir, NetdataFile))
	}
	if f != nil {
		var ps []Problem
		c.Server, ps = NewServer(f, dir)
		all = append(all, ps...)
		all = append(all, problem...)
	}
	return c, all
}

// readFile parses a file. It returns nil if there is none, and what could be
// read of one that cannot be read in whole.
func readFile(path string) (*File, []Problem) {
	f, err := parseFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return f, []Problem{{File: path, Message: err.Error(), Severity: Error}}
	}
	return f, nil
}

func parseFile(path string) (*File, error) {
	empty := &File{Name: path}
	// A pipe or a device could block for ever, even in open.
	info, err := os.Stat(path)
	if err != nil {
		return empty, err
	}
	if !info.Mode().IsRegular() {
		return empty, fmt.Errorf("not a regular file but %v", info.Mode().Type())
	}
	file, err := os.Open(path)
	if err != nil {
		return empty, err
	}
	defer file.Close()
	return Parse(path, file)
}

// ChildDefaults returns the settings of a child for which stream.conf says
// nothing: those of this node.
func (c *Config) ChildDefaults() Child {
	child := DefaultChild()
	child.From = map[string]Origin{}
	from := func(setting, section, option string) {
		if at := c.Server.Origin(section, option); at.Line > 0 {
			child.From[setting] = at
		}
	}
	db := &c.Server.DB
	child.Mode = db.Mode
	from("db", "db", "db")
	child.Retention = db.Retention
	from("retention", "db", "retention")
	child.Limits = db.Limits
	for _, limit := range limitNames {
		from(limit, "db", limit)
	}
	child.Replication = db.Replication
	from("enable replication", "db", "enable replication")
	child.ReplicationPeriod = db.ReplicationPeriod
	from("replication period", "db", "replication period")
	child.ReplicationStep = db.ReplicationStep
	from("replication step", "db", "replication step")
	child.Quota = db.QuotaPerHost
	from("quota", "db", "quota per host")

	if !c.Server.Health.Enabled {
		child.Health = HealthNo
	}
	from("health enabled", "health", "enabled")
	child.HealthLogRetention = c.Server.Health.LogRetention
	from("health log retention", "health", "health log retention")

	send := &c.Stream.Send
	child.Proxy = Proxy{
		Enabled:            send.Enabled,
		Destination:        send.Destination,
		APIKey:             send.APIKey,
		SendChartsMatching: send.SendChartsMatching,
	}
	for _, option := range []string{"enabled", "destination", "api key", "send charts matching"} {
		if at := c.Stream.origins[name{"stream", option}]; at.Line > 0 {
			child.From["proxy "+option] = at
		}
	}
	return child
}

// Child returns the settings of the child that connects with this API key and
// machine GUID.
func (c *Config) Child(key, machineGUID string) Child {
	return c.Stream.Resolve(key, machineGUID, c.ChildDefaults())
}
