package simcloud

import (
	"net/http"
	"strings"
)

// Access keys of the simulated accounts name their account, so that nothing has to be kept: long-lived ones begin with
// AKIASIMULATED, those of an assumed role with ASIASIMULATED, and 12 digits follow.
const (
	userKey = "AKIASIMULATED"
	roleKey = "ASIASIMULATED"
	// collector is the user, and the role, by which the simulated accounts are read.
	collector = "exhibit-read"
)

// AWSKey returns an access key of an account's reading user. Its secret may be anything but empty.
func AWSKey(account string) (id, secret string) { return userKey + account, "simulated" }

// AWSRole returns the ARN of an account's reading role, which the reading user of any account may assume.
func AWSRole(account string) string { return "arn:aws:iam::" + account + ":role/" + collector }

// identify finds the account by the access key; ok is false for a key of no simulated account.
func (k *awsCall) identify(access string) (ok bool) {
	account, user := strings.CutPrefix(access, userKey)
	if !user {
		if account, ok = strings.CutPrefix(access, roleKey); !ok {
			return false
		}
	}
	k.account = account
	k.caller = "arn:aws:iam::" + account + ":user/" + collector
	if !user {
		k.caller = "arn:aws:sts::" + account + ":assumed-role/" + collector + "/exhibit"
	}
	for _, a := range k.w.accounts["aws"] {
		if a == account {
			return true
		}
	}
	return false
}

func stsService() awsService {
	return awsService{name: "sts", signing: "sts", ops: awsOps{
		"GetCallerIdentity": awsFunc(func(k *awsCall) (awsOut, *awsFail) {
			id := "AIDASIMCLOUD00000001"
			if strings.Contains(k.caller, ":assumed-role/") {
				id = "AROASIMCLOUD00000001:exhibit"
			}
			return awsOut{doc: map[string]any{"Account": k.account, "Arn": k.caller, "UserId": id}}, nil
		}),
		"AssumeRole": awsFunc(assumeRole),
	}}
}

func assumeRole(k *awsCall) (awsOut, *awsFail) {
	arn := k.text("RoleArn")
	for _, account := range k.w.accounts["aws"] {
		if arn != AWSRole(account) {
			continue
		}
		return awsOut{doc: map[string]any{
			"Credentials": map[string]any{
				"AccessKeyId": roleKey + account, "SecretAccessKey": "simulated", "SessionToken": "simulated",
				"Expiration": "2099-12-31T23:59:59Z",
			},
			"AssumedRoleUser": map[string]any{
				"AssumedRoleId": "AROASIMCLOUD00000001:exhibit",
				"Arn":           "arn:aws:sts::" + account + ":assumed-role/" + collector + "/exhibit",
			},
		}}, nil
	}
	return awsOut{}, &awsFail{http.StatusForbidden, "AccessDenied",
		"User: " + k.caller + " is not authorized to perform: sts:AssumeRole on resource: " + arn}
}
