// Package stock has the alert definitions that foster comes with, for what agents from v1.29 to v2.11 collect. They are read
// like an operator's own; a file of the same name in the configuration takes the place of one of them. docs/alerts.md lists
// them.
package stock

import "embed"

// FS holds the definitions.
//
//go:embed *.conf
var FS embed.FS
