// Package migrations holds the schema of the catalog's database as numbered SQL files for goose. A file that was released
// is never edited: a change is a new file.
package migrations

import "embed"

// FS holds the files.
//
//go:embed *.sql
var FS embed.FS
