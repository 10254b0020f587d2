// Package mappings holds the frameworks that exhibit ships: one FRAMEWORK@VERSION.yaml each, with every requirement and the
// controls that meet it, what a person examines instead, or why nothing here can meet it.
//
// It holds text and never judges.
package mappings

import "embed"

// FS holds the mapping files at its root.
//
//go:embed *.yaml
var FS embed.FS
