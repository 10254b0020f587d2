// Package storetest makes evidence for tests and benchmarks of the store and of what reads it: subjects like those of a
// real account, and days on which a part of them changes. It never reads a clock and never uses chance: the same call gives
// the same bytes.
package storetest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"exhibit/internal/evidence"
)

// Subject returns the canonical bytes of the n'th subject in its version'th version: an S3 bucket with its further
// answers, 1.5 to 2 KB. A version differs from the one before in a few values, as a day's drift does.
func Subject(subjectType string, n, version int) (id string, canonical []byte, err error) {
	seed := func(what string) [32]byte { return sha256.Sum256(fmt.Appendf(nil, "%s/%s/%d", subjectType, what, n)) }
	r, words := seed("r"), []string{"payments", "ledger", "web", "search", "data", "platform", "billing", "mobile"}
	pick := func(i int) string { return words[int(r[i])%len(words)] }
	name := fmt.Sprintf("%s-%s-%06d", pick(0), pick(1), n)
	id = "arn:aws:s3:::" + name
	doc := map[string]any{
		"Name": name, "Region": []string{"eu-central-1", "eu-west-1", "us-east-1"}[int(r[2])%3],
		"CreationDate": fmt.Sprintf("20%02d-%02d-%02dT%02d:%02d:%02dZ", 15+r[3]%10, 1+r[4]%12, 1+r[5]%28, r[6]%24, r[7]%60, r[8]%60),
		"Owner":        map[string]any{"ID": hex.EncodeToString(r[:32])},
		"PublicAccessBlock": map[string]any{"BlockPublicAcls": version%3 != 1, "BlockPublicPolicy": true,
			"IgnorePublicAcls": true, "RestrictPublicBuckets": version%2 == 0},
		"PolicyStatus": map[string]any{"IsPublic": version%3 == 1},
		"Encryption": map[string]any{"Rules": []any{map[string]any{"ApplyServerSideEncryptionByDefault": map[string]any{
			"SSEAlgorithm":   "aws:kms",
			"KMSMasterKeyID": fmt.Sprintf("arn:aws:kms:eu-central-1:111122223333:key/%x-%x-%x-%x-%x", r[8:12], r[12:14], r[14:16], r[16:18], r[18:24]),
		}, "BucketKeyEnabled": true}}},
		"Versioning": map[string]any{"Status": "Enabled", "MFADelete": "Disabled"},
		"Logging":    map[string]any{"LoggingEnabled": map[string]any{"TargetBucket": "logs-" + pick(9), "TargetPrefix": name + "/"}},
		"Acl": map[string]any{"Grants": []any{map[string]any{"Grantee": map[string]any{"ID": hex.EncodeToString(r[:32]),
			"Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}}},
		"Ownership": map[string]any{"Rules": []any{map[string]any{"ObjectOwnership": "BucketOwnerEnforced"}}},
		"Policy": fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Sid":"TLS","Effect":"Deny","Principal":"*","Action":"s3:*",`+
			`"Resource":["arn:aws:s3:::%s","arn:aws:s3:::%s/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}},`+
			`{"Sid":"Read","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%012d:role/%s-reader-%d"},"Action":"s3:GetObject",`+
			`"Resource":"arn:aws:s3:::%s/*"}]}`, name, name, binary.BigEndian.Uint32(r[24:])%1000000, pick(10), version, name),
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return "", nil, err
	}
	canonical, err = evidence.Encode(evidence.Subject{Type: subjectType, ID: id, Name: name, Doc: raw,
		Tags: map[string]string{"team": pick(11), "env": []string{"prod", "test"}[r[12]%2], "cost-center": fmt.Sprint(4000 + int(r[13]))}})
	return id, canonical, err
}
