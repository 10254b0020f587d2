// Package estates carries the simulated companies that the demo and the tests look at. It holds data and no code.
package estates

import "embed"

// FS holds one folder an estate; simcloud.Load reads such a folder. See README.md beside this file.
//
//go:embed demo
var FS embed.FS
