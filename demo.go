package main

import (
	"context"
	"errors"

	"foster/replication/swarm"
	"foster/replication/wire"
)

// runDemo runs a parent and three simulated children that stream to it.
func runDemo(ctx context.Context, e *env, args []string) error {
	fs, opts := serverFlags(e, "demo")
	if err := parse(e, fs, args); err != nil {
		return err
	}
	return runServer(ctx, e, *opts, func(ctx context.Context, addr, key string) error {
		if key == "" {
			return errors.New("the configuration has no enabled API key for the simulated children")
		}
		hosts := swarm.DemoHosts()
		s, err := swarm.NewSwarm(len(hosts), 0, func(i int) swarm.Options {
			o := hosts[i]
			o.Addr, o.APIKey, o.Caps = addr, key, swarm.CapsV2|wire.LZ4
			return o
		})
		if err != nil {
			return err
		}
		s.Run(ctx)
		return nil
	})
}
