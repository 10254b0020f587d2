package github

// The codes that this package gives to answers which GitHub tells apart by their message alone. Every one of them comes
// with status 404, as does the answer to a caller who may not know that the thing exists.
const (
	codeNotProtected = "BranchNotProtected"
	codeAlertsOff    = "VulnerabilityAlertsDisabled"
)
