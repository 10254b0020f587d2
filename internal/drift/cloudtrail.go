package drift

import (
	"encoding/json"
	"fmt"
	"slices"
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
	c, ok := l.effects.of[r.EventName]
	if !ok {
		return nil
	}
	if t, ok := r.target(c.typ); ok {
		a.parts = c.parts
		l.acts[t] = append(l.acts[t], a)
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

// change is what some events change: parts of a type's documents, or without parts all of it.
type change struct {
	typ    string
	events []string
	parts  []string
}

// changes are what events change: a new kind of event must be added here before it explains anything. The credential report
// is explained by none: it lags by hours, so that what changed in it happened before.
func changes() []change {
	const (
		group  = "aws.ec2.security-group"
		bucket = "aws.s3.bucket"
		trail  = "aws.cloudtrail.trail"
		user   = "aws.iam.user"
		team   = "aws.iam.group"
		role   = "aws.iam.role"
		policy = "aws.iam.policy"
	)
	return []change{
		{group, []string{"AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"}, []string{"IpPermissions"}},
		{group, []string{"AuthorizeSecurityGroupEgress", "RevokeSecurityGroupEgress"}, []string{"IpPermissionsEgress"}},
		{group, []string{"ModifySecurityGroupRules"}, []string{"IpPermissions", "IpPermissionsEgress"}},
		{group, []string{"CreateSecurityGroup", "DeleteSecurityGroup"}, nil},
		{bucket, []string{"CreateBucket", "DeleteBucket"}, nil},
		{bucket, []string{"PutBucketPolicy", "DeleteBucketPolicy"}, []string{"Policy", "PolicyStatus"}},
		{bucket, []string{"PutBucketAcl"}, []string{"Acl"}},
		{bucket, []string{"PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock"}, []string{"PublicAccessBlock"}},
		{bucket, []string{"PutBucketOwnershipControls", "DeleteBucketOwnershipControls"}, []string{"Ownership"}},
		{bucket, []string{"PutBucketEncryption", "DeleteBucketEncryption"}, []string{"Encryption"}},
		{bucket, []string{"PutBucketVersioning"}, []string{"Versioning"}},
		{bucket, []string{"PutBucketLogging"}, []string{"Logging"}},
		{"aws.s3.account", []string{"PutAccountPublicAccessBlock", "DeleteAccountPublicAccessBlock"},
			[]string{"PublicAccessBlock"}},
		{trail, []string{"StartLogging", "StopLogging"}, []string{"Status"}},
		{trail, []string{"PutEventSelectors"}, []string{"EventSelectors", "AdvancedEventSelectors", "HasCustomEventSelectors"}},
		{trail, []string{"CreateTrail", "UpdateTrail", "DeleteTrail"}, nil},
		{user, []string{"CreateUser", "UpdateUser", "DeleteUser"}, nil},
		{user, []string{"EnableMFADevice", "DeactivateMFADevice"}, []string{"MFADevices"}},
		{user, []string{"CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"}, []string{"AccessKeys"}},
		{user, []string{"AddUserToGroup", "RemoveUserFromGroup"}, []string{"Groups"}},
		{user, []string{"AttachUserPolicy", "DetachUserPolicy"}, []string{"AttachedPolicies"}},
		{user, []string{"PutUserPolicy", "DeleteUserPolicy"}, []string{"InlinePolicies"}},
		{user, []string{"PutUserPermissionsBoundary", "DeleteUserPermissionsBoundary"}, []string{"PermissionsBoundary"}},
		{team, []string{"CreateGroup", "DeleteGroup"}, nil},
		{team, []string{"AttachGroupPolicy", "DetachGroupPolicy"}, []string{"AttachedPolicies"}},
		{team, []string{"PutGroupPolicy", "DeleteGroupPolicy"}, []string{"InlinePolicies"}},
		{role, []string{"CreateRole", "DeleteRole"}, nil},
		{role, []string{"UpdateAssumeRolePolicy"}, []string{"AssumeRolePolicyDocument"}},
		{role, []string{"AttachRolePolicy", "DetachRolePolicy"}, []string{"AttachedPolicies"}},
		{role, []string{"PutRolePolicy", "DeleteRolePolicy"}, []string{"InlinePolicies"}},
		{role, []string{"PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"}, []string{"PermissionsBoundary"}},
		{policy, []string{"CreatePolicyVersion", "DeletePolicyVersion", "SetDefaultPolicyVersion"},
			[]string{"Document", "DefaultVersionId"}},
		{policy, []string{"CreatePolicy", "DeletePolicy"}, nil},
		{"aws.iam.password-policy", []string{"UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy"}, nil},
	}
}

// effects are the changes by the event that makes them, and the parts of each type of which some event tells; a type of which
// every event changes all has none, and everything of it is told of.
type effects struct {
	of    map[string]change
	parts map[string][]string
	told  map[string]bool
}

func newEffects() effects {
	e := effects{of: map[string]change{}, parts: map[string][]string{}, told: map[string]bool{}}
	for _, c := range changes() {
		e.told[c.typ] = true
		e.parts[c.typ] = append(e.parts[c.typ], c.parts...)
		for _, event := range c.events {
			e.of[event] = c
		}
	}
	return e
}

// tell reports whether there is an event for every change of the parts of a type's documents.
func (e effects) tell(typ string, parts []string) bool {
	if !e.told[typ] || len(e.parts[typ]) == 0 {
		return e.told[typ]
	}
	return !slices.ContainsFunc(parts, func(p string) bool { return !slices.Contains(e.parts[typ], p) })
}

// target returns the subject of a type that an event is about; ok is false when the record does not name it.
func (r record) target(typ string) (t target, ok bool) {
	t.typ = typ
	switch typ {
	case "aws.ec2.security-group":
		t.region = r.AWSRegion
		t.name = r.first("request.groupId", "request.ModifySecurityGroupRulesRequest.GroupId",
			"response.groupId", "response.securityGroupRuleSet.items.0.groupId")
	case "aws.s3.bucket":
		t.name = r.first("request.bucketName")
	case "aws.cloudtrail.trail":
		t.region, t.name = r.AWSRegion, lastAfter(r.first("request.name", "request.trailName"), "trail/")
	case "aws.iam.user":
		t.name = r.first("request.userName", "response.accessKey.userName")
		if t.name == "" && r.UserIdentity.Type == "IAMUser" {
			t.name = r.UserIdentity.UserName // who names nobody means himself
		}
	case "aws.iam.role":
		t.name = r.first("request.roleName")
	case "aws.iam.group":
		t.name = r.first("request.groupName")
	case "aws.iam.policy":
		t.name = r.first("request.policyArn", "response.policy.arn")
	default:
		return t, true // there is one in the account
	}
	return t, t.name != ""
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
