-- +goose Up

CREATE TABLE host (
    id        INTEGER PRIMARY KEY,
    guid      TEXT    NOT NULL UNIQUE,
    hostname  TEXT    NOT NULL,
    unique_id INTEGER NOT NULL, -- the highest ever given
    alarm_id  INTEGER NOT NULL  -- the highest ever given
) STRICT;

-- One row for each alert of a host: what must be known of it after a restart, however old it is.
CREATE TABLE alert (
    id       INTEGER PRIMARY KEY,
    host_id  INTEGER NOT NULL,
    alarm_id INTEGER NOT NULL,
    newest   INTEGER NOT NULL, -- its newest transition
    executed INTEGER,          -- its newest transition that was handed to the notification hub
    UNIQUE (host_id, alarm_id)
) STRICT;

-- The texts of transitions, which the alerts of many hosts have in common.
CREATE TABLE wording (
    id          INTEGER PRIMARY KEY,
    hash        BLOB NOT NULL UNIQUE, -- of all that follows
    config_hash BLOB NOT NULL,
    name        TEXT NOT NULL,
    chart       TEXT NOT NULL,
    chart_name  TEXT NOT NULL,
    context     TEXT NOT NULL,
    family      TEXT NOT NULL,
    class       TEXT NOT NULL,
    component   TEXT NOT NULL,
    type        TEXT NOT NULL,
    recipient   TEXT NOT NULL,
    exec        TEXT NOT NULL,
    source      TEXT NOT NULL,
    units       TEXT NOT NULL,
    info        TEXT NOT NULL,
    summary     TEXT NOT NULL,
    expression  TEXT NOT NULL
) STRICT;

CREATE TABLE transition (
    global_id       INTEGER PRIMARY KEY, -- unix microseconds
    host_id         INTEGER NOT NULL,
    alert_id        INTEGER NOT NULL,
    wording_id      INTEGER NOT NULL,
    uuid            BLOB    NOT NULL UNIQUE,
    unique_id       INTEGER NOT NULL,
    event_id        INTEGER NOT NULL,
    updated_by      INTEGER NOT NULL,
    updates         INTEGER NOT NULL,
    happened_at     INTEGER NOT NULL, -- unix seconds, as all times that follow
    old_status      INTEGER NOT NULL,
    new_status      INTEGER NOT NULL,
    old_value       REAL,
    new_value       REAL,
    old_text        TEXT    NOT NULL,
    new_text        TEXT    NOT NULL,
    duration        INTEGER NOT NULL, -- seconds, as all durations that follow
    raised_duration INTEGER NOT NULL,
    delay           INTEGER NOT NULL,
    delay_up_to     INTEGER,
    exec_run_at     INTEGER,
    exec_code       INTEGER NOT NULL,
    last_repeat     INTEGER,
    flags           INTEGER NOT NULL,
    variables       TEXT    NOT NULL, -- of the expression that decided
    warning_count   INTEGER NOT NULL,
    critical_count  INTEGER NOT NULL,
    warning_alerts  TEXT    NOT NULL, -- one a line
    critical_alerts TEXT    NOT NULL
) STRICT;

CREATE INDEX transition_host ON transition (host_id, unique_id);
CREATE INDEX transition_wording ON transition (wording_id);
CREATE INDEX transition_raised ON transition (global_id) WHERE old_status >= 3 OR new_status >= 3;

-- +goose Down

DROP TABLE transition;
DROP TABLE wording;
DROP TABLE alert;
DROP TABLE host;
