package simcloud

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ScaleAccount and ScaleRegion are where a generated estate lies.
const (
	ScaleAccount = "100000000001"
	ScaleRegion  = "us-east-1"
	scaleFirst   = 100000000001 // ScaleAccount
)

const (
	scaleShapes = 16
	scaleAge    = 100 // days after which a generated thing has changed: one in a hundred changes each day
)

// Scale returns a generated AWS estate of n subjects in one account and region: buckets, users, roles, policies, security
// groups, volumes and snapshots, in such numbers that reading everything about each takes about 1.2 requests a subject.
// The same n and start give the same estate. It takes a few kilobytes, whatever n: things are made when asked for. From
// one day to the next about one in a hundred differs.
func Scale(n int, start uint64) *Estate { return ScaleAccounts(1, n, start) }

// ScaleAccounts returns a generated organisation of that many accounts with n subjects in each, as Scale makes them. The
// first is ScaleAccount, which manages it and lists all of them (organizations:ListAccounts) beneath one root. Its
// reading user may assume AWSRole in each. It takes about a kilobyte an account, whatever n. To load a collector with
// 20 accounts of 5,000 subjects: New(ScaleAccounts(20, 5000, 1), Options{}), the key of AWSKey(ScaleAccount), and a
// source with "organization: true" and "role: exhibit-read".
func ScaleAccounts(accounts, n int, start uint64) *Estate {
	m := scaleModel{n: n, accounts: accounts, seed: start, shapes: map[string][]*shape{}}
	for _, k := range scaleKinds() {
		for v := range scaleShapes {
			m.shapes[k.path] = append(m.shapes[k.path], newShape(k.doc(v)))
		}
	}
	e := &Estate{keys: allKeys(), Company: "Scale", Base: time.Date(2026, 7, 3, 6, 0, 0, 0, time.UTC), Days: 1,
		given: m.items, lists: map[string][]seed{}, objects: map[string]seed{}}
	region := newSeed(map[string]any{"RegionName": ScaleRegion, "OptInStatus": "opt-in-not-required",
		"Endpoint": "ec2." + ScaleRegion + ".amazonaws.com"})
	settings := newSeed(map[string]any{"EbsEncryptionByDefault": true,
		"SnapshotBlockPublicAccess": map[string]any{"State": "block-all-sharing"}})
	var members []seed
	for i := range accounts {
		id := ScaleAccountID(i)
		e.objects["aws/"+id+"/account"] = newSeed(map[string]any{"Id": id, "Alias": "scale-" + id[len(id)-4:],
			"Root": map[string]any{"mfa_active": "true"}, "PublicAccessBlock": scaleBlock(),
			"SummaryMap": map[string]any{"AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0}})
		e.objects["aws/"+id+"/"+ScaleRegion+"/settings"] = settings
		e.lists["aws/"+id+"/regions"] = []seed{region}
		members = append(members, newSeed(map[string]any{"Id": id, "Name": "scale-" + id[len(id)-4:], "Status": "ACTIVE",
			"Arn":   "arn:aws:organizations::" + ScaleAccount + ":account/o-scale00001/" + id,
			"Email": id + "@example.com", "JoinedMethod": "CREATED", "JoinedTimestamp": scaleDate(0), "ParentId": "r-scal"}))
	}
	e.lists["aws/"+ScaleAccount+"/organization-accounts"] = members
	e.objects["aws/"+ScaleAccount+"/organization"] = newSeed(scaleOrganization())
	return e
}

// ScaleAccountID is the id of one of the generated accounts, counted from 0: the first is ScaleAccount.
func ScaleAccountID(i int) string { return strconv.Itoa(scaleFirst + i) }

func scaleOrganization() map[string]any {
	arn := "arn:aws:organizations::" + ScaleAccount + ":"
	return map[string]any{
		"Organization": map[string]any{"Id": "o-scale00001", "FeatureSet": "ALL", "MasterAccountId": ScaleAccount,
			"Arn": arn + "organization/o-scale00001", "MasterAccountArn": arn + "account/o-scale00001/" + ScaleAccount},
		"Roots": []any{map[string]any{"Id": "r-scal", "Name": "Root", "Arn": arn + "root/o-scale00001/r-scal",
			"PolicyTypes": []any{}}},
	}
}

// scaleKind is a kind of generated things: how many in a hundred, where, called what, and looking like what.
type scaleKind struct {
	share     int
	path, key string
	doc       func(variant int) map[string]any
}

func scaleKinds() []scaleKind {
	return []scaleKind{
		{9, "buckets", "scale-bucket-" + serialMark, scaleBucket},
		{8, "users", "user-" + serialMark, scaleUser},
		{15, "roles", "role-" + serialMark, scaleRole},
		{10, "policies", "arn:aws:iam::" + ScaleAccount + ":policy/policy-" + serialMark, scalePolicy},
		{18, ScaleRegion + "/security-groups", "sg-0000abcd" + serialMark, scaleGroup},
		{20, ScaleRegion + "/volumes", "vol-0000abcd" + serialMark, scaleVolume},
		{20, ScaleRegion + "/snapshots", "snap-0000abcd" + serialMark, scaleSnapshot},
	}
}

type scaleModel struct {
	n, accounts int
	seed        uint64
	shapes      map[string][]*shape
}

// items divides the subjects of every account among the kinds; what does not divide goes to the last.
func (m scaleModel) items(day int) map[string]items {
	out, kinds := map[string]items{}, scaleKinds()
	for account := range m.accounts {
		left, id := m.n, ScaleAccountID(account)
		for i, k := range kinds {
			n := m.n * k.share / 100
			if i == len(kinds)-1 {
				n = left
			}
			left -= n
			out["aws/"+id+"/"+k.path] = &genItems{n: n, account: account, key: strings.Replace(k.key, ScaleAccount, id, 1),
				shapes: m.shapes[k.path], seed: m.seed + uint64(account), day: day}
		}
	}
	return out
}

func scaleBlock() map[string]any {
	return map[string]any{"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true,
		"RestrictPublicBuckets": true}
}

func scaleDate(v int) string {
	return time.Date(2023, 1, 15+v*37, 8, v, 0, 0, time.UTC).Format(time.RFC3339)
}

func scaleTags(v int) []any {
	teams := []string{"payments", "shipments", "platform", "web", "data"}
	return []any{map[string]any{"Key": "Name", "Value": "thing-" + serialMark},
		map[string]any{"Key": "team", "Value": teams[v%len(teams)]},
		map[string]any{"Key": "cost-centre", "Value": fmt.Sprint(4000 + v)}}
}

func scaleBucket(v int) map[string]any {
	name := "scale-bucket-" + serialMark
	owner := map[string]any{"ID": canonicalUser(ScaleAccount)}
	d := map[string]any{"Name": name, "CreationDate": scaleDate(v), "Region": ScaleRegion,
		"Acl": map[string]any{"Owner": owner, "Grants": []any{map[string]any{"Permission": "FULL_CONTROL",
			"Grantee": map[string]any{"Type": "CanonicalUser", "ID": owner["ID"]}}}},
		"Encryption": map[string]any{"Rules": []any{map[string]any{"BucketKeyEnabled": v%2 == 0,
			"ApplyServerSideEncryptionByDefault": map[string]any{"SSEAlgorithm": "AES256"}}}},
		"Versioning": map[string]any{"Status": []string{"Enabled", "Suspended"}[v%5/4]},
		"Ownership":  map[string]any{"Rules": []any{map[string]any{"ObjectOwnership": "BucketOwnerEnforced"}}},
		"Tagging":    map[string]any{"TagSet": scaleTags(v)},
	}
	if v != 3 {
		d["PublicAccessBlock"] = scaleBlock()
	}
	if v%4 == 1 {
		d["Policy"] = map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Sid": "TlsOnly",
			"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::" + name + "/*",
			"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}}}}}
		d["PolicyStatus"] = map[string]any{"IsPublic": false}
	}
	if v%3 == 0 {
		d["Logging"] = map[string]any{"LoggingEnabled": map[string]any{"TargetBucket": "scale-bucket-000000000",
			"TargetPrefix": name + "/"}}
	}
	return d
}

func scaleUser(v int) map[string]any {
	name := "user-" + serialMark
	d := map[string]any{"UserName": name, "Path": "/", "UserId": "AIDASIMCLOUD" + serialMark,
		"Arn": "arn:aws:iam::" + ScaleAccount + ":user/" + name, "CreateDate": scaleDate(v),
		"AccessKeys": []any{map[string]any{"UserName": name, "AccessKeyId": "AKIASIMUSER" + serialMark,
			"Status": []string{"Active", "Inactive"}[v%4/3], "CreateDate": scaleDate(v + 3),
			"LastUsed": map[string]any{"LastUsedDate": "2026-07-01T03:10:00Z", "Region": ScaleRegion, "ServiceName": "s3"}}},
		"Groups": []any{}, "InlinePolicies": []any{}, "Tags": scaleTags(v),
		"AttachedPolicies": []any{scaleAttached()},
	}
	if v%5 != 0 {
		d["MFADevices"] = []any{map[string]any{"UserName": name, "EnableDate": scaleDate(v),
			"SerialNumber": "arn:aws:iam::" + ScaleAccount + ":mfa/" + name}}
	}
	if v%2 == 0 {
		d["LoginProfile"] = map[string]any{"UserName": name, "CreateDate": scaleDate(v)}
		d["PasswordLastUsed"] = "2026-07-01T07:42:00Z"
	}
	return d
}

func scaleAttached() map[string]any {
	return map[string]any{"PolicyName": "policy-" + serialMark,
		"PolicyArn": "arn:aws:iam::" + ScaleAccount + ":policy/policy-" + serialMark}
}

func scaleStatement(v int) map[string]any {
	return map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow",
		"Action": []any{"s3:GetObject", "s3:PutObject", "dynamodb:Query"}, "Resource": []any{
			"arn:aws:s3:::scale-bucket-" + serialMark + "/*",
			fmt.Sprintf("arn:aws:dynamodb:%s:%s:table/table-%d", ScaleRegion, ScaleAccount, v)}}}}
}

func scaleRole(v int) map[string]any {
	name := "role-" + serialMark
	return map[string]any{"RoleName": name, "Path": "/", "RoleId": "AROASIMCLOUD" + serialMark,
		"Arn": "arn:aws:iam::" + ScaleAccount + ":role/" + name, "CreateDate": scaleDate(v), "MaxSessionDuration": 3600,
		"AssumeRolePolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
			"Effect": "Allow", "Action": "sts:AssumeRole",
			"Principal": map[string]any{"Service": []string{"ecs-tasks", "lambda", "ec2"}[v%3] + ".amazonaws.com"}}}},
		"RoleLastUsed": map[string]any{"LastUsedDate": "2026-07-02T04:30:00Z", "Region": ScaleRegion},
		"Tags":         scaleTags(v), "AttachedPolicies": []any{scaleAttached()},
		"InlinePolicies": []any{map[string]any{"PolicyName": "inline", "PolicyDocument": scaleStatement(v)}},
	}
}

func scalePolicy(v int) map[string]any {
	name := "policy-" + serialMark
	return map[string]any{"PolicyName": name, "Path": "/", "PolicyId": "ANPASIMCLOUD" + serialMark,
		"Arn": "arn:aws:iam::" + ScaleAccount + ":policy/" + name, "CreateDate": scaleDate(v), "UpdateDate": scaleDate(v),
		"DefaultVersionId": "v1", "AttachmentCount": 1, "PermissionsBoundaryUsageCount": 0, "IsAttachable": true,
		"Document": scaleStatement(v),
		"Entities": map[string]any{"PolicyGroups": []any{}, "PolicyUsers": []any{}, "PolicyRoles": []any{
			map[string]any{"RoleName": "role-" + serialMark, "RoleId": "AROASIMCLOUD" + serialMark}}},
	}
}

func scaleGroup(v int) map[string]any {
	id := "sg-0000abcd" + serialMark
	var rules []any
	for i := range 2 + v%6 {
		source := fmt.Sprintf("10.%d.%d.0/24", v, i)
		if v == 7 && i == 0 {
			source = "0.0.0.0/0"
		}
		rules = append(rules, map[string]any{"IpProtocol": "tcp", "FromPort": 22 + 1000*i, "ToPort": 22 + 1000*i,
			"IpRanges":   []any{map[string]any{"CidrIp": source, "Description": fmt.Sprintf("rule %d", i)}},
			"Ipv6Ranges": []any{}, "PrefixListIds": []any{},
			"UserIdGroupPairs": []any{map[string]any{"UserId": ScaleAccount, "GroupId": id}}})
	}
	return map[string]any{"GroupId": id, "GroupName": "group-" + serialMark, "Description": "generated",
		"OwnerId": ScaleAccount, "VpcId": fmt.Sprintf("vpc-0000abcd%09d", v), "IpPermissions": rules, "Tags": scaleTags(v),
		"SecurityGroupArn": "arn:aws:ec2:" + ScaleRegion + ":" + ScaleAccount + ":security-group/" + id,
		"IpPermissionsEgress": []any{map[string]any{"IpProtocol": "-1", "UserIdGroupPairs": []any{}, "Ipv6Ranges": []any{},
			"PrefixListIds": []any{}, "IpRanges": []any{map[string]any{"CidrIp": "0.0.0.0/0"}}}}}
}

func scaleVolume(v int) map[string]any {
	id := "vol-0000abcd" + serialMark
	return map[string]any{"VolumeId": id, "Size": 8 << (v % 6), "State": "in-use", "VolumeType": "gp3", "Iops": 3000,
		"Throughput": 125, "Encrypted": v%8 != 0, "MultiAttachEnabled": false, "SnapshotId": "",
		"AvailabilityZone": ScaleRegion + string(rune('a'+v%3)), "CreateTime": scaleDate(v), "Tags": scaleTags(v),
		"Attachments": []any{map[string]any{"VolumeId": id, "InstanceId": "i-0000abcd" + serialMark, "Device": "/dev/xvda",
			"State": "attached", "AttachTime": scaleDate(v), "DeleteOnTermination": true}}}
}

func scaleSnapshot(v int) map[string]any {
	return map[string]any{"SnapshotId": "snap-0000abcd" + serialMark, "VolumeId": "vol-0000abcd" + serialMark,
		"OwnerId": ScaleAccount, "State": "completed", "Progress": "100%", "StartTime": scaleDate(v), "VolumeSize": 8 << (v % 6),
		"Encrypted": v%8 != 0, "StorageTier": "standard", "Description": "nightly", "Tags": scaleTags(v),
		"CreateVolumePermissions": []any{}}
}
