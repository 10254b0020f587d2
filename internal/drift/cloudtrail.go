package drift

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// The populations of CloudTrail's events that tell of changes.
const (
	cloudTrailPrefix = "aws.cloudtrail."
	groupChanges     = cloudTrailPrefix + "security-group-change"
	bucketChanges    = cloudTrailPrefix + "s3-change"
	trailChanges     = cloudTrailPrefix + "trail-change"
	identityChanges  = cloudTrailPrefix + "iam-change"
)

// record is what is read of CloudTrail's record of an event.
type record struct {
	EventID            string    `json:"eventID"`
	EventName          string    `json:"eventName"`
	EventTime          time.Time `json:"eventTime"`
	ErrorCode          string    `json:"errorCode"`
	ReadOnly           bool      `json:"readOnly"`
	AWSRegion          string    `json:"awsRegion"`
	SourceIPAddress    string    `json:"sourceIPAddress"`
	RecipientAccountID string    `json:"recipientAccountId"`
	UserIdentity       struct {
		Type        string `json:"type"`
		ARN         string `json:"arn"`
		UserName    string `json:"userName"`
		InvokedBy   string `json:"invokedBy"`
		PrincipalID string `json:"principalId"`
	} `json:"userIdentity"`
	RequestParameters json.RawMessage `json:"requestParameters"`
	ResponseElements  json.RawMessage `json:"responseElements"`
}

// read adds the act that an event's object tells of. An event that failed or only reads changed nothing.
func (l *Log) read(d evidence.Digest, object []byte) error {
	var s struct {
		Doc record `json:"doc"`
	}
	if err := json.Unmarshal(object, &s); err != nil {
		return fmt.Errorf("event %s: %w", d.Short(), err)
	}
	r := s.Doc
	if r.ErrorCode != "" || r.ReadOnly {
		return nil
	}
	a := act{Act: evidence.Act{At: r.EventTime, What: r.EventName, By: r.actor(), From: r.SourceIPAddress, ID: r.EventID, Event: d}}
	for _, e := range r.effects() {
		if e.target.name == "" && e.named {
			continue // about something that the record does not name
		}
		a.parts = e.parts
		l.acts[e.target] = append(l.acts[e.target], a)
	}
	return nil
}

// actor is who called, as people call them.
func (r record) actor() string {
	u := r.UserIdentity
	switch {
	case u.Type == "Root":
		return "root"
	case u.UserName != "":
		return u.UserName
	case u.Type == "AssumedRole" && strings.Contains(u.ARN, "/"):
		return u.ARN[strings.IndexByte(u.ARN, '/')+1:]
	case u.InvokedBy != "":
		return u.InvokedBy
	}
	return u.PrincipalID
}

// effect is what an event changes.
type effect struct {
	target target
	named  bool // the target has a name
	parts  []string
}

// effects returns what an event may change: a new kind of event must be added here before it explains anything. The
// credential report is explained by none: it lags by hours, so that what changed in it happened before.
func (r record) effects() []effect {
	one := func(typ, region, name string, parts ...string) []effect {
		return []effect{{target{typ, region, name}, true, parts}}
	}
	group := func(parts ...string) []effect {
		return one("aws.ec2.security-group", r.AWSRegion, r.first("request.groupId", "request.ModifySecurityGroupRulesRequest.GroupId",
			"response.groupId", "response.securityGroupRuleSet.items.0.groupId"), parts...)
	}
	bucket := func(parts ...string) []effect {
		return one("aws.s3.bucket", "", r.first("request.bucketName"), parts...)
	}
	trail := func(parts ...string) []effect {
		return one("aws.cloudtrail.trail", r.AWSRegion, lastAfter(r.first("request.name", "request.trailName"), "trail/"), parts...)
	}
	user := func(parts ...string) []effect {
		name := r.first("request.userName", "response.accessKey.userName")
		if name == "" && r.UserIdentity.Type == "IAMUser" {
			name = r.UserIdentity.UserName // who names nobody means himself
		}
		return one("aws.iam.user", "", name, parts...)
	}
	role := func(parts ...string) []effect { return one("aws.iam.role", "", r.first("request.roleName"), parts...) }
	team := func(parts ...string) []effect {
		return one("aws.iam.group", "", r.first("request.groupName"), parts...)
	}
	policy := func(parts ...string) []effect {
		return one("aws.iam.policy", "", r.first("request.policyArn"), parts...)
	}
	switch r.EventName {
	case "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress":
		return group("IpPermissions")
	case "AuthorizeSecurityGroupEgress", "RevokeSecurityGroupEgress":
		return group("IpPermissionsEgress")
	case "ModifySecurityGroupRules":
		return group("IpPermissions", "IpPermissionsEgress")
	case "CreateSecurityGroup", "DeleteSecurityGroup":
		return group()
	case "CreateBucket", "DeleteBucket":
		return bucket()
	case "PutBucketPolicy", "DeleteBucketPolicy":
		return bucket("Policy", "PolicyStatus")
	case "PutBucketAcl":
		return bucket("Acl")
	case "PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock":
		return bucket("PublicAccessBlock")
	case "PutBucketOwnershipControls", "DeleteBucketOwnershipControls":
		return bucket("Ownership")
	case "PutBucketEncryption", "DeleteBucketEncryption":
		return bucket("Encryption")
	case "PutBucketVersioning":
		return bucket("Versioning")
	case "PutBucketLogging":
		return bucket("Logging")
	case "PutAccountPublicAccessBlock", "DeleteAccountPublicAccessBlock":
		return []effect{{target: target{typ: "aws.s3.account"}, parts: []string{"PublicAccessBlock"}}}
	case "StartLogging", "StopLogging":
		return trail("Status")
	case "PutEventSelectors":
		return trail("EventSelectors", "AdvancedEventSelectors", "HasCustomEventSelectors")
	case "CreateTrail", "UpdateTrail", "DeleteTrail":
		return trail()
	case "CreateUser", "UpdateUser", "DeleteUser":
		return user()
	case "EnableMFADevice", "DeactivateMFADevice":
		return user("MFADevices")
	case "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey":
		return user("AccessKeys")
	case "AddUserToGroup", "RemoveUserFromGroup":
		return user("Groups")
	case "AttachUserPolicy", "DetachUserPolicy":
		return user("AttachedPolicies")
	case "PutUserPolicy", "DeleteUserPolicy":
		return user("InlinePolicies")
	case "PutUserPermissionsBoundary", "DeleteUserPermissionsBoundary":
		return user("PermissionsBoundary")
	case "CreateGroup", "DeleteGroup":
		return team()
	case "AttachGroupPolicy", "DetachGroupPolicy":
		return team("AttachedPolicies")
	case "PutGroupPolicy", "DeleteGroupPolicy":
		return team("InlinePolicies")
	case "CreateRole", "DeleteRole":
		return role()
	case "UpdateAssumeRolePolicy":
		return role("AssumeRolePolicyDocument")
	case "AttachRolePolicy", "DetachRolePolicy":
		return role("AttachedPolicies")
	case "PutRolePolicy", "DeleteRolePolicy":
		return role("InlinePolicies")
	case "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary":
		return role("PermissionsBoundary")
	case "CreatePolicyVersion", "DeletePolicyVersion", "SetDefaultPolicyVersion":
		return policy("Document", "DefaultVersionId")
	case "DeletePolicy":
		return policy()
	case "CreatePolicy":
		return one("aws.iam.policy", "", r.first("response.policy.arn"))
	case "UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy":
		return []effect{{target: target{typ: "aws.iam.password-policy"}}}
	}
	return nil
}

// first returns the first of the paths under the request or the response at which a text stands.
func (r record) first(paths ...string) string {
	for _, path := range paths {
		side, rest, _ := strings.Cut(path, ".")
		raw := r.RequestParameters
		if side == "response" {
			raw = r.ResponseElements
		}
		var text string
		if json.Unmarshal(under(raw, rest), &text) == nil && text != "" {
			return text
		}
	}
	return ""
}

// under returns what stands at a path of members, in which 0 is the first of a list.
func under(raw json.RawMessage, path string) json.RawMessage {
	for _, step := range strings.Split(path, ".") {
		if step == "0" {
			var list []json.RawMessage
			if json.Unmarshal(raw, &list) != nil || len(list) == 0 {
				return nil
			}
			raw = list[0]
			continue
		}
		var object map[string]json.RawMessage
		if json.Unmarshal(raw, &object) != nil {
			return nil
		}
		raw = object[step]
	}
	return raw
}

// lastAfter returns what follows the last sep, all of it when there is none.
func lastAfter(s, sep string) string {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[i+len(sep):]
	}
	return s
}

// targetOf returns what events call a subject, and the population that tells of it; "" when none does.
func targetOf(c cause) (t target, population string) {
	t.typ = c.typ
	switch c.typ {
	case "aws.ec2.security-group":
		t.region, t.name, population = c.region, lastAfter(c.id, "/"), groupChanges
	case "aws.s3.bucket":
		t.name, population = lastAfter(c.id, ":::"), bucketChanges
	case "aws.s3.account":
		population = bucketChanges
	case "aws.cloudtrail.trail":
		t.region, t.name, population = c.region, lastAfter(c.id, "trail/"), trailChanges
	case "aws.iam.user", "aws.iam.role", "aws.iam.group":
		t.name, population = lastAfter(c.id, "/"), identityChanges
	case "aws.iam.policy":
		t.name, population = c.id, identityChanges
	case "aws.iam.password-policy":
		population = identityChanges
	}
	return t, population
}
