package assess

import (
	"cel.dev/cel-go/cel"
)

// policyHelpers declares policy() and its functions.
func policyHelpers(table *typeTable) []cel.EnvOption { return nil }
