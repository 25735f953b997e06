-- +goose Up

-- A machine that streams, or has streamed. Times are unix seconds, 0 when not known.
CREATE TABLE host (
    id                INTEGER PRIMARY KEY,
    guid              TEXT    NOT NULL UNIQUE,
    hostname          TEXT    NOT NULL,
    registry_hostname TEXT    NOT NULL,
    os                TEXT    NOT NULL,
    timezone          TEXT    NOT NULL,
    abbrev_timezone   TEXT    NOT NULL,
    utc_offset        INTEGER NOT NULL,
    update_every      INTEGER NOT NULL,
    hops              INTEGER NOT NULL,
    program_name      TEXT    NOT NULL,
    program_version   TEXT    NOT NULL,
    tags              TEXT    NOT NULL,
    ml_capable        INTEGER NOT NULL,
    ml_enabled        INTEGER NOT NULL,
    ephemeral         INTEGER NOT NULL,
    memory_mode       TEXT    NOT NULL,
    system_info       TEXT    NOT NULL, -- JSON object
    claim_id          TEXT    NOT NULL,
    node_id           TEXT    NOT NULL,
    first_seen        INTEGER NOT NULL,
    last_seen         INTEGER NOT NULL
) STRICT;

CREATE TABLE host_label (
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    name    TEXT    NOT NULL,
    value   TEXT    NOT NULL,
    source  INTEGER NOT NULL, -- bits
    PRIMARY KEY (host_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE chart (
    id           INTEGER PRIMARY KEY,
    host_id      INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    chart        TEXT    NOT NULL, -- type.id
    name         TEXT    NOT NULL,
    title        TEXT    NOT NULL,
    units        TEXT    NOT NULL,
    family       TEXT    NOT NULL,
    context      TEXT    NOT NULL,
    type         TEXT    NOT NULL,
    priority     INTEGER NOT NULL,
    update_every INTEGER NOT NULL, -- seconds
    obsolete     INTEGER NOT NULL,
    detail       INTEGER NOT NULL,
    hidden       INTEGER NOT NULL,
    store_first  INTEGER NOT NULL,
    plugin       TEXT    NOT NULL,
    module       TEXT    NOT NULL,
    UNIQUE (host_id, chart)
) STRICT;

CREATE TABLE chart_label (
    chart_id INTEGER NOT NULL REFERENCES chart (id) ON DELETE CASCADE,
    name     TEXT    NOT NULL,
    value    TEXT    NOT NULL,
    source   INTEGER NOT NULL, -- bits
    PRIMARY KEY (chart_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE dimension (
    chart_id   INTEGER NOT NULL REFERENCES chart (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL, -- in the order of definition, from 0
    dimension  TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    algorithm  TEXT    NOT NULL,
    multiplier INTEGER NOT NULL,
    divisor    INTEGER NOT NULL,
    obsolete   INTEGER NOT NULL,
    hidden     INTEGER NOT NULL,
    no_reset   INTEGER NOT NULL,
    float      INTEGER NOT NULL, -- collected values are doubles
    PRIMARY KEY (chart_id, position)
) STRICT, WITHOUT ROWID;

-- The newest connections of each host. Of one that is open, or was when the process was killed, disconnected_at is NULL.
CREATE TABLE connection (
    id              INTEGER PRIMARY KEY,
    host_id         INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    connected_at    INTEGER NOT NULL,
    disconnected_at INTEGER,
    address         TEXT    NOT NULL,
    tls             INTEGER NOT NULL,
    version         TEXT    NOT NULL, -- of the agent
    capabilities    INTEGER NOT NULL, -- bits
    compression     TEXT    NOT NULL,
    samples         INTEGER NOT NULL, -- stored
    replayed        INTEGER NOT NULL, -- of these, replayed history
    dropped         INTEGER NOT NULL,
    bytes_in        INTEGER NOT NULL, -- as on the wire
    reason          TEXT    NOT NULL  -- of the end
) STRICT;

CREATE INDEX connection_host ON connection (host_id, id);

-- +goose Down

DROP TABLE connection;
DROP TABLE dimension;
DROP TABLE chart_label;
DROP TABLE chart;
DROP TABLE host_label;
DROP TABLE host;
