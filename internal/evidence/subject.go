package evidence

import "encoding/json"

// Subject is one thing examined: a resource, an identity, a merged change, a deployment. Its canonical encoding is the
// object that is stored, hashed and judged.
type Subject struct {
	// Type names the schema, "aws.s3.bucket".
	Type string `json:"type"`
	// ID is the provider's own full id (ARN, self link, resource id, URL). It is unique within type and scope, and the
	// key of the subject in its snapshot's manifest.
	ID string `json:"id"`
	// Name is for people. It identifies nothing.
	Name string `json:"name,omitempty"`
	// Tags are the provider's tags or labels.
	Tags map[string]string `json:"tags,omitempty"`
	// Doc is the provider's own JSON. The answers of further calls about the same subject stand in it under keys that
	// the schema declares. An absent part was answered "not configured"; a part that could not be asked is in Missing.
	Doc json.RawMessage `json:"doc"`
	// Missing maps a top-level key of Doc to why it could not be collected. Reading such a key is unknown, never absent.
	Missing map[string]Missing `json:"missing,omitempty"`
	// Redacted lists the JSON pointers into Doc whose values were replaced by a keyed digest, sorted.
	Redacted []Redaction `json:"redacted,omitempty"`
}

// Missing says why a part of a subject, or a whole list, could not be collected.
type Missing struct {
	// Operation is the call that failed, "s3:GetBucketPolicy".
	Operation string `json:"operation"`
	// Outcome is never OutcomeOK or OutcomeEmpty.
	Outcome Outcome `json:"outcome"`
	// Permission is what would have allowed the call; empty when the outcome is not OutcomeDenied.
	Permission string `json:"permission,omitempty"`
	// Code is the provider's error code, "AccessDenied". Messages are not kept: they carry request ids.
	Code string `json:"code,omitempty"`
}

// Redaction says which value of a document was replaced, and by which rule.
type Redaction struct {
	// Path is an RFC 6901 JSON pointer into Doc.
	Path string `json:"path"`
	// Rule is "declared" for a secret path of the schema, else the name of the detector's rule.
	Rule string `json:"rule"`
	// Found is the detector's rule that found a secret in a value which was replaced because its path is declared;
	// empty when none did.
	Found string `json:"found,omitempty"`
}

// Scope is one place that is collected as a whole: an account and region, a project, a subscription, an organisation.
type Scope struct {
	// Provider is the name of the kind of source: "aws", "gcp", "azure", "github", "gitlab", "git", "file".
	Provider string `json:"provider"`
	// Account is the provider's id of the account, project, subscription or organisation.
	Account string `json:"account"`
	// Region is empty for what is global in an account.
	Region string `json:"region,omitempty"`
	// Name is for people.
	Name string `json:"name,omitempty"`
	// Facts are what checks may read as subject.scope.facts: for example {"organization": true}.
	Facts map[string]any `json:"facts,omitempty"`
}

// ID returns "provider:account" or "provider:account:region", by which findings and intervals are kept.
func (s Scope) ID() string {
	id := s.Provider + ":" + s.Account
	if s.Region != "" {
		id += ":" + s.Region
	}
	return id
}
