-- +goose Up

-- The API key with which the host connected last: settings of the key hold for the host after it has gone, too.
ALTER TABLE host ADD COLUMN api_key TEXT NOT NULL DEFAULT '';

-- +goose Down

ALTER TABLE host DROP COLUMN api_key;
