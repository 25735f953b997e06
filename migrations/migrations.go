// Package migrations holds the schemas of foster's databases as numbered SQL files for goose: FS that of the catalog, the
// directory health of Health that of the alert log. A file that was released is never edited: a change is a new file.
package migrations

import "embed"

// FS holds the files of the catalog.
//
//go:embed *.sql
var FS embed.FS

// Health holds the files of the alert log, in the directory health.
//
//go:embed health/*.sql
var Health embed.FS
