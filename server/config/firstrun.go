package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"foster/internal/newfile"
)

// CreateStreamConf writes a commented stream.conf into dir, which is made if
// need be, with one enabled API key. It never touches an existing file: the
// error then is fs.ErrExist. The file appears whole or not at all, and only
// its owner and group may read it, because whoever knows the key may stream.
func CreateStreamConf(dir, key string) error {
	guid, ok := CanonicalGUID(key)
	if !ok {
		return fmt.Errorf("create %s: API key %q is not a GUID", StreamFile, key)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("create configuration directory: %w", err)
	}
	path := filepath.Join(dir, StreamFile)
	if err := newfile.Create(path, strings.ReplaceAll(streamConfTemplate, "API-KEY", guid), 0o640); err != nil {
		return fmt.Errorf("create %s: %w", path, err)
	}
	return nil
}

// ChildLines returns the lines to put into the stream.conf of a child, so that
// it streams to one of the destinations, each HOST[:PORT][:SSL], with the key.
func ChildLines(destinations []string, key string) string {
	return "[stream]\n" +
		"    enabled = yes\n" +
		"    destination = " + strings.Join(destinations, " ") + "\n" +
		"    api key = " + key + "\n"
}

// streamConfTemplate is the first stream.conf, API-KEY standing for the key.
const streamConfTemplate = `# Who may stream metrics to this parent, and what happens to them.
#
# The format is that of Netdata's stream.conf: lines of "name = value" below the
# [section] they belong to. A line that begins with # is a comment; a # further
# right is part of the value. Durations are written 90s, 10m, 1h30m, 7d; a
# plain number means seconds. Check a change with "foster check".

# ------------------------------------------------------------------------------
# One section for each API key. All children that use the key get its settings.
# A commented setting shows its default.

[API-KEY]
    # An API key, not the GUID of one machine.
    type = api

    # Children may connect with this key. Without this line they may not.
    enabled = yes

    # Addresses they may connect from. The words are tried from left to right,
    # * stands for any text, and a word that begins with ! refuses:
    #   allow from = !10.1.2.3 10.* localhost
    #allow from = *

    # Fetch what a child collected while it was not connected: at all, how far
    # back, and how much at a time.
    #enable replication = yes
    #replication period = 1d
    #replication step = 1h

    # Compress the stream, and with what if the child leaves a choice. It is
    # compressed only if [stream], the key and the machine all say yes.
    #enable compression = yes
    #compression algorithms order = lz4 zstd gzip brotli

    # Seconds between two samples. The default is what the child collects with.
    #update every = 1

    # Where samples are kept: dbengine (on disk), ram (only the latest, in
    # memory), save or map (the same, but on disk when foster stops), or none
    # (passed on and shown live only). The default is [db] db of foster.conf.
    #db = dbengine

    # How many samples of each dimension ram, save and map keep. With one sample
    # a second a duration says the same.
    #retention = 1h

    # Evaluate alerts: always (yes), never (no), or while the child is
    # connected (auto). The default is auto, or no with [health] enabled = no in
    # foster.conf.
    #health enabled = auto

    # Wait this long after a child connects before its alerts can be raised.
    #postpone alerts on connect = 1m

    # Forget alert events when they are this old.
    #health log retention = 5d

    # Children that come and go: forget one when it has been away for [db]
    # cleanup ephemeral hosts after.
    #is ephemeral node = no

    # Pass the metrics on to another parent. The defaults are those of the
    # [stream] section.
    #proxy enabled = no
    #proxy destination =
    #proxy api key =
    #proxy send charts matching = *

# ------------------------------------------------------------------------------
# One machine can have settings of its own, which win over those of its key. The
# name of the section is the GUID of the machine, found on the child in
# /var/lib/netdata/registry/netdata.public.unique.id. All settings of a key are
# possible; "enabled = no" refuses the machine.
#
#[11111111-2222-3333-4444-555555555555]
#    type = machine
#    enabled = yes
#    replication period = 2d

# ------------------------------------------------------------------------------
# Streaming from here to another parent, for this node and for all children
# whose key does not say otherwise. Not supported yet.

[stream]
    enabled = no
    #destination = parent.example.com:19999
    #api key =
    #enable compression = yes
`
