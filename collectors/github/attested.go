package github

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// attested is one bundle that is attested of a file: what its statement says, less what is long, typed by people, or means
// nothing until somebody verifies it.
type attested struct {
	RepositoryID int64  `json:"repository_id"`
	Initiator    string `json:"initiator"`
	MediaType    string `json:"mediaType"`
	PayloadType  string `json:"payloadType"`
	Statement    struct {
		Type          string            `json:"_type"`
		Subject       []attestedSubject `json:"subject"` // those with the file's digest
		PredicateType string            `json:"predicateType"`
		Predicate     struct {
			BuildDefinition buildDefinition `json:"buildDefinition"`
			RunDetails      struct {
				Builder struct {
					ID string `json:"id"`
				} `json:"builder"`
				Metadata struct {
					InvocationID string    `json:"invocationId"`
					StartedOn    time.Time `json:"startedOn"`
					FinishedOn   time.Time `json:"finishedOn"`
				} `json:"metadata"`
			} `json:"runDetails"`
		} `json:"predicate"`
	}
	Problem     string // why there is no statement
	Subjects    int    // how many things the statement is about
	Signatures  int    // how many there are, none of them verified
	Certificate bool   // whether one lies beside them
	LogEntries  int    // how many entries of a transparency log do
}

type attestedSubject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

// buildDefinition is how a build was asked for. Of the parameters the workflow is kept: inputs are typed by people.
type buildDefinition struct {
	BuildType          string `json:"buildType"`
	ExternalParameters struct {
		Workflow struct {
			Ref        string `json:"ref"`
			Repository string `json:"repository"`
			Path       string `json:"path"`
		} `json:"workflow"`
	} `json:"externalParameters"`
	ResolvedDependencies []struct {
		URI    string            `json:"uri"`
		Digest map[string]string `json:"digest"`
	} `json:"resolvedDependencies"`
}

// bundle is a Sigstore bundle around a signed statement, as far as it is looked at. Its JSON is protobuf's: what is empty may
// be absent.
type bundle struct {
	MediaType            string `json:"mediaType"`
	VerificationMaterial struct {
		Certificate *json.RawMessage `json:"certificate"`
		Chain       *struct {
			Certificates []json.RawMessage `json:"certificates"`
		} `json:"x509CertificateChain"`
		TlogEntries []json.RawMessage `json:"tlogEntries"`
	} `json:"verificationMaterial"`
	Envelope struct {
		Payload     string            `json:"payload"`
		PayloadType string            `json:"payloadType"`
		Signatures  []json.RawMessage `json:"signatures"`
	} `json:"dsseEnvelope"`
}

// readAttested reads one item of an answer about the file with the digest. It is nil where the answer has no bundle and
// only says where it lies. A bundle whose payload is no statement is told with its problem: it proves nothing, and whoever
// made it is to look.
func readAttested(raw json.RawMessage, digest string) (map[string]any, error) {
	var item struct {
		RepositoryID json.Number `json:"repository_id"`
		Initiator    *string     `json:"initiator"`
		Bundle       *bundle     `json:"bundle"`
	}
	if err := json.Unmarshal(raw, &item); err != nil {
		return nil, fmt.Errorf("read an attestation: %w", err)
	}
	if item.Bundle == nil {
		return nil, nil
	}
	b, material := item.Bundle, item.Bundle.VerificationMaterial
	out := map[string]any{
		"mediaType": b.MediaType, "payloadType": b.Envelope.PayloadType, "Signatures": len(b.Envelope.Signatures),
		"Certificate": material.Certificate != nil || material.Chain != nil && len(material.Chain.Certificates) > 0,
		"LogEntries":  len(material.TlogEntries),
	}
	if item.RepositoryID != "" {
		out["repository_id"] = item.RepositoryID
	}
	if item.Initiator != nil {
		out["initiator"] = *item.Initiator
	}
	statement, subjects, err := readStatement(b.Envelope.PayloadType, b.Envelope.Payload, digest)
	if err != nil {
		out["Problem"] = err.Error()
		return out, nil
	}
	out["Statement"], out["Subjects"] = statement, subjects
	return out, nil
}

// readStatement decodes a signed payload and keeps of the statement what attested has, and of the things that it is about
// those with the digest: it may be about all files of a release. subjects counts them all.
func readStatement(payloadType, payload, digest string) (statement map[string]any, subjects int, err error) {
	if payloadType != "application/vnd.in-toto+json" {
		return nil, 0, errors.New("the payload is of a type other than a statement's")
	}
	plain, err := base64.StdEncoding.DecodeString(payload)
	if err != nil {
		return nil, 0, errors.New("the payload is no base64")
	}
	whole, err := trim(plain)
	if err != nil {
		return nil, 0, errors.New("the payload is no JSON object")
	}
	about, ok := whole["subject"].([]any)
	if !ok {
		return nil, 0, errors.New("the statement is about nothing")
	}
	same := []any{}
	for _, v := range about {
		thing, _ := v.(map[string]any)
		digests, _ := thing["digest"].(map[string]any)
		algorithm, value, _ := strings.Cut(digest, ":")
		if hash, _ := digests[algorithm].(string); hash != "" && strings.EqualFold(hash, value) {
			same = append(same, pick(thing, "name", "digest"))
		}
	}
	keep := pick(whole, "_type", "predicateType")
	keep["subject"] = same
	if predicate, ok := whole["predicate"].(map[string]any); ok {
		keep["predicate"] = keepPredicate(predicate)
	}
	return keep, len(about), nil
}

// keepPredicate keeps of a predicate what attested has of it.
func keepPredicate(whole map[string]any) map[string]any {
	inner := func(of map[string]any, key string, keep ...string) map[string]any {
		v, _ := of[key].(map[string]any)
		return pick(v, keep...)
	}
	build := inner(whole, "buildDefinition", "buildType", "externalParameters", "resolvedDependencies")
	build["externalParameters"] = inner(build, "externalParameters", "workflow")
	run := inner(whole, "runDetails", "builder", "metadata")
	return map[string]any{"buildDefinition": build, "runDetails": run}
}
