package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"exhibit/internal/collect"
)

// cloudtrailRootUse is everything that was done as the root user, in each region. What only reads counts too where it was
// done with a key; in the console it is left to the sign-in, which stands for the whole session.
func cloudtrailRootUse() collect.Collector {
	return history{
		typ: "aws.cloudtrail.root-use", title: "Use of the root user", version: 2, regional: true, global: true,
		attribute: types.LookupAttributeKeyUsername, values: []string{"root"},
		secret: []string{
			"/requestParameters/accessKeyId", "/responseElements/accessKey/accessKeyId", "/responseElements/credentials/*",
		},
		leave: func(e EventDoc) string {
			switch {
			case e.UserIdentity.Type != "Root":
				return "done by another who is called root"
			case e.ReadOnly && e.SessionCredentialFromConsole == "true":
				return "it only reads, in a session of the console that its sign-in stands for"
			}
			return ""
		},
	}.collector()
}
