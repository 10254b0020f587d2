// Package controls holds the controls that exhibit ships: DOMAIN/ID.yaml, one framework-neutral control each, with the
// checks that prove it and the cases that prove the checks.
//
// It holds text and never judges.
package controls

import "embed"

// FS holds one folder a domain at its root.
//
//go:embed */*.yaml
var FS embed.FS
