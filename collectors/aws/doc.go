// Package aws collects what an AWS account says about itself through aws-sdk-go-v2.
//
// A document is the SDK's own structure under its Go field names: what the answer left out is absent, what it said is
// there, false and zero among it. Answers of further calls stand beside it under the name of their API operation.
//
// It never changes anything, never reads an object's content, and lists no region that the account has not enabled.
package aws
