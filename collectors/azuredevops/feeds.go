package azuredevops

import (
	"embed"
	"io/fs"
)

//go:embed feeds/*.json
var feeds embed.FS

// Feeds implements collect.Fed.
func (Provider) Feeds() fs.FS { return feeds }
