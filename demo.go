package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"foster/replication/swarm"
	"foster/replication/wire"
	"foster/server"
	"foster/server/config"
)

// runDemo runs a parent and three simulated children that stream to it.
func runDemo(ctx context.Context, e *env, args []string) error {
	fs, opts := serverFlags(e, "demo")
	if err := parse(e, fs, args); err != nil {
		return err
	}
	return runServer(ctx, e, *opts, simulate)
}

// simulate runs the children of the demo, which stream to s, until ctx is done.
func simulate(ctx context.Context, s *server.Server) error {
	key := s.APIKey()
	if key == "" {
		return errors.New("the configuration has no enabled API key for the simulated children")
	}
	addr, tlsConfig := fromHere(s.Sockets(), s.TLS())
	hosts := swarm.DemoHosts()
	children, err := swarm.NewSwarm(len(hosts), 0, func(i int) swarm.Options {
		o := hosts[i]
		o.Addr, o.TLS, o.APIKey, o.Caps = addr, tlsConfig, key, swarm.CapsV2|wire.LZ4
		return o
	})
	if err != nil {
		return err
	}
	children.Run(ctx)
	return nil
}

// fromHere returns the address at which children on this machine reach a parent, and how they do if it takes no plain
// streams there, else nil.
func fromHere(sockets []server.Socket, hasTLS bool) (addr string, tlsConfig *tls.Config) {
	socket, ok := server.FirstTCP(sockets, config.ACLStreaming)
	if !ok {
		return net.JoinHostPort("127.0.0.1", config.DefaultPort), nil
	}
	if hasTLS && socket.Bind.SSL == config.SSLForce {
		// The certificate is for the names that other machines use, and may be one that only those trust. The children
		// need no proof of whom they talk to: it is the process they run in, over an address of its own machine.
		tlsConfig = &tls.Config{InsecureSkipVerify: true}
	}
	tcp := socket.Addr.(*net.TCPAddr)
	if tcp.IP.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", fmt.Sprint(tcp.Port)), tlsConfig
	}
	return tcp.String(), tlsConfig
}
