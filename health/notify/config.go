package notify

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"foster/health/notify/service"
	"foster/internal/pattern"
)

// Config is what operators configure.
type Config struct {
	Services []ServiceConfig
	Routes   []Route // in order

	GroupWait  time.Duration // for which alerts that come together are gathered, 0: no groups
	RateLimit  int           // messages to one recipient in RatePeriod, 0: not limited
	RatePeriod time.Duration
	GiveUp     time.Duration // after which a message that cannot be delivered is given up
	MaxPending int           // alerts that wait for one service

	ClearAlways   bool            // tell of a CLEAR, too, that follows no WARNING or CRITICAL
	SelfNotifying pattern.Pattern // hosts whose agents notify themselves
	Nevertheless  pattern.Pattern // alerts that they cannot know
	PublicURL     string          // of foster's pages, for links; "": none
	Summary       bool            // name alerts by their summaries

	Script        string // program that is run instead of all routes, as agents do; "": none
	ScriptV1      bool   // with the arguments of v1
	ScriptTimeout time.Duration
}

// ServiceConfig is a service by which recipients can be told.
type ServiceConfig struct {
	Name     string
	URL      string // see package service; has secrets
	Template string // of a webhook, "": JSON
}

// DefaultConfig returns the settings of an installation that configures no notifications.
func DefaultConfig() Config {
	return Config{
		GroupWait: 10 * time.Second, RateLimit: 30, RatePeriod: 10 * time.Minute, GiveUp: 24 * time.Hour, MaxPending: 10000,
		Nevertheless: pattern.Parse("foster_* child_* replication_*", pattern.Blanks), Summary: true,
		ScriptTimeout: 2 * time.Minute,
	}
}

func (c *Config) validate() error {
	switch {
	case c.GroupWait < 0 || c.RateLimit < 0:
		return errors.New("a wait or a limit is negative")
	case c.RateLimit > 0 && c.RatePeriod <= 0:
		return errors.New("the period of the rate limit is not positive")
	case c.GiveUp <= 0 || c.MaxPending < 1:
		return errors.New("nothing may wait")
	}
	return nil
}

// Options configures Open.
type Options struct {
	Config
	Dir      string // for the journal; made when it does not exist
	Log      *slog.Logger
	Hostname string   // of this machine
	Env      []string // NETDATA_…=… for programs

	Transport http.RoundTripper // of services that are called by HTTP; nil: http.DefaultTransport

	// Done is told when the first recipient of a transition was told (code 0), or none could be: the code then is the exit
	// status of the program, or 1. A transition that nobody had to be told of has 0. nil: nobody wants to know.
	Done func(globalID int64, at time.Time, code int)
}

// build makes the services of a configuration.
func (o *Options) build(c *Config) (map[string]*service.Service, error) {
	services := map[string]*service.Service{}
	for _, sc := range c.Services {
		if services[sc.Name] != nil || sc.Name == "" {
			return nil, fmt.Errorf("service %q has no name or is there twice", sc.Name)
		}
		s, err := service.Parse(sc.Name, sc.URL, o.environment(sc.Template))
		if err != nil {
			return nil, fmt.Errorf("service %s: %w", sc.Name, err)
		}
		services[sc.Name] = s
	}
	return services, nil
}

func (o *Options) environment(template string) service.Environment {
	return service.Environment{Hostname: o.Hostname, Variables: o.Env, Template: template, Transport: o.Transport}
}
