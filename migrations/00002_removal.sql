-- +goose Up

-- What the host's points are stored under, when that is not its GUID: a host that came back while the points of its
-- predecessor were still being deleted.
ALTER TABLE host ADD COLUMN store_id TEXT NOT NULL DEFAULT '';

-- Hosts that were removed and whose points are being deleted.
CREATE TABLE removal (
    store_id     TEXT    PRIMARY KEY,
    guid         TEXT    NOT NULL,
    hostname     TEXT    NOT NULL,
    requested_at INTEGER NOT NULL -- unix seconds
) STRICT, WITHOUT ROWID;

CREATE INDEX connection_end ON connection (disconnected_at);

-- +goose Down

DROP INDEX connection_end;
DROP TABLE removal;
ALTER TABLE host DROP COLUMN store_id;
