package aws

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// ec2Page is the size of EC2's pages: large enough for few requests, small enough for little memory.
const ec2Page = 500

// deleted is why a listed thing may be left out.
const deleted = "deleted since it was listed"

// errNoResult is the error of an answer that is well-formed and says nothing of what was asked.
var errNoResult = errors.New("the answer holds no result")

func subject(id, name string) evidence.Subject { return evidence.Subject{ID: id, Name: name} }

// emit encodes the document and hands the subject over.
func (s *session) emit(ctx context.Context, t *collect.Task, sub evidence.Subject, doc any) error {
	return s.enc.document(doc, func(raw json.RawMessage) error {
		sub.Doc = raw
		return t.Emit(ctx, sub)
	})
}

// detail asks one more thing about a listed subject, which fills the keys of its document. It reports whether the
// subject is still there: one that is gone, by any of the operation's Absent codes or by those given, is left out.
func detail(
	ctx context.Context, t *collect.Task, sub *evidence.Subject, op string, keys []string,
	f func(ctx context.Context) error, gone ...string,
) (bool, error) {
	err := t.Call(ctx, op, f)
	if collect.IsAbsent(err, gone...) {
		t.Exclude(deleted, 1)
		return false, nil
	}
	for _, key := range keys {
		if err := t.Miss(sub, key, err); err != nil {
			return false, err
		}
	}
	return true, nil
}

// missAll records that everything which a call describes, the members of D, is missing if the call failed.
func missAll[D any](t *collect.Task, sub *evidence.Subject, err error) error {
	if err == nil {
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(evidence.ShapeOf[D]().Fields)) {
		if err := t.Miss(sub, key, err); err != nil {
			return err
		}
	}
	return nil
}

// some makes an answered list a list, though there is nothing in it: "nothing" and "not asked" must not look alike.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (s *session) ec2ARN(kind, id string) string {
	return s.arn("ec2", kind+"/"+id)
}

// arn names a resource of the session's account and region.
func (s *session) arn(service, rest string) string {
	return "arn:" + s.partition + ":" + service + ":" + s.cfg.Region + ":" + s.account + ":" + rest
}

func (s *session) iamARN(rest string) string {
	return "arn:" + s.partition + ":iam::" + s.account + ":" + rest
}

// tags turns a service's list of tags into a map.
func tags[T any](list []T, split func(T) (key, value *string)) map[string]string {
	if len(list) == 0 {
		return nil
	}
	m := make(map[string]string, len(list))
	for _, t := range list {
		k, v := split(t)
		m[aws.ToString(k)] = aws.ToString(v)
	}
	return m
}

func ec2Tags(list []ec2types.Tag) map[string]string {
	return tags(list, func(t ec2types.Tag) (*string, *string) { return t.Key, t.Value })
}

func iamTags(list []iamtypes.Tag) map[string]string {
	return tags(list, func(t iamtypes.Tag) (*string, *string) { return t.Key, t.Value })
}

// nameTag returns the tag that EC2 shows as a name, else the id.
func nameTag(list []ec2types.Tag, id string) string {
	for _, t := range list {
		if aws.ToString(t.Key) == "Name" && aws.ToString(t.Value) != "" {
			return *t.Value
		}
	}
	return id
}

// plain undoes the percent-encoding of IAM's policy documents.
func plain(document *string) *string {
	if document == nil {
		return nil
	}
	text, err := url.QueryUnescape(*document)
	if err != nil {
		return document // not encoded after all; what was answered is kept
	}
	return &text
}

func plainAll(policies []iamtypes.PolicyDetail) []iamtypes.PolicyDetail {
	for i := range policies {
		policies[i].PolicyDocument = plain(policies[i].PolicyDocument)
	}
	return some(policies)
}
