package simcloud

func secretsService() awsService {
	secrets := kind{name: "secrets", key: "ARN", regional: true, parts: []string{"ResourcePolicy"},
		missing: awsFail{code: "ResourceNotFoundException", message: "Secrets Manager can't find the specified secret."}}
	return awsService{name: "secretsmanager", signing: "secretsmanager", kinds: []kind{secrets}, ops: awsOps{
		"ListSecrets": list{kind: secrets, member: "SecretList"},
		"GetResourcePolicy": get{kind: secrets, by: "SecretId", view: view{make: func(d map[string]any) map[string]any {
			return only(d, "ARN", "Name", "ResourcePolicy")
		}}},
	}}
}
