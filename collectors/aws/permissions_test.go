package aws

import (
	"encoding/json"
	"regexp"
	"slices"
	"testing"
)

func TestPermissions(t *testing.T) {
	var p policy
	text := Provider{}.Permissions()
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	if text != (Provider{}).Permissions() {
		t.Error("two policies differ")
	}
	actions := p.Statement[0].Action
	if !slices.IsSorted(actions) || len(slices.Compact(slices.Clone(actions))) != len(actions) {
		t.Errorf("actions are not sorted and unique: %v", actions)
	}
	reading := regexp.MustCompile(`^[a-z0-9-]+:(Get|List|Describe)[A-Za-z]+$`)
	for _, a := range actions {
		if !reading.MatchString(a) && a != "iam:GenerateCredentialReport" {
			t.Errorf("%s does not read, or reads by pattern", a)
		}
	}
	for _, a := range []string{"s3:GetObject", "s3:GetObjectVersion", "secretsmanager:GetSecretValue", "kms:Decrypt"} {
		if slices.Contains(actions, a) {
			t.Errorf("%s reads content", a)
		}
	}
}
