package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"exhibit/internal/collect"
)

// cloudtrailConsoleSignIn is every attempt to sign in to the console, in the region that it is recorded in.
func cloudtrailConsoleSignIn() collect.Collector {
	return history{
		typ: "aws.cloudtrail.console-sign-in", title: "Console sign-in", regional: true, global: true,
		source: "signin.amazonaws.com", attribute: types.LookupAttributeKeyEventName, values: []string{"ConsoleLogin"},
	}.collector()
}
