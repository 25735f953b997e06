package server

import (
	"errors"
	"fmt"
	"io"
	"os"

	"foster/server/config"
)

// Options is how a Server is started: the command line. What an operator configures is in the files of ConfigDir.
type Options struct {
	ConfigDir string    // with stream.conf and foster.conf or netdata.conf
	DataDir   string    // made when it does not exist
	Listen    string    // items as of [web] bind to; empty: the configuration's
	LogFormat string    // text or json; empty: the configuration's
	Version   string    // of foster
	Output    io.Writer // of logs; nil: standard error
}

func (o *Options) setDefaults() error {
	switch {
	case o.ConfigDir == "":
		return errors.New("options: no configuration directory")
	case o.DataDir == "":
		return errors.New("options: no data directory")
	}
	switch o.LogFormat {
	case "", string(config.LogText), string(config.LogJSON):
	default:
		return fmt.Errorf("options: the log format is text or json, not %q", o.LogFormat)
	}
	if o.Listen != "" {
		// Before anything is written; the configuration may give another default port.
		if _, err := config.ParseBinds(o.Listen, config.DefaultPort); err != nil {
			return fmt.Errorf("options: listen: %w", err)
		}
	}
	if o.Output == nil {
		o.Output = os.Stderr
	}
	return nil
}
