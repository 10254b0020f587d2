package simcloud

import "strings"

func kmsService() awsService {
	keys := kind{name: "keys", key: "KeyId", regional: true, parts: []string{"Rotation", "Policy", "Aliases", "Tags"},
		missing: awsFail{code: "NotFoundException", message: "Key '%s' does not exist"}}
	return awsService{name: "kms", signing: "kms", kinds: []kind{keys}, ops: awsOps{
		"ListKeys": list{kind: keys, view: view{make: func(d map[string]any) map[string]any {
			return map[string]any{"KeyId": d["KeyId"], "KeyArn": d["Arn"]}
		}}},
		"ListAliases": awsFunc(func(k *awsCall) (awsOut, *awsFail) {
			all := keys.all(k)
			if id := k.text("KeyId"); id != "" {
				it, fail := keys.find(k, id)
				if fail != nil {
					return awsOut{}, fail
				}
				all = newMemItems([]item{it})
			}
			all = aliases(all)
			return k.page(all.Len(), k.each(all.At, view{}.of(nil)), "Aliases", 0, "KeyId")
		}),
		"ListResourceTags": within{kind: keys, by: "KeyId", from: "Tags"},
		"DescribeKey":      get{kind: keys, by: "KeyId", member: "KeyMetadata"},
		"GetKeyRotationStatus": get{kind: keys, by: "KeyId", part: "Rotation", absent: &awsFail{
			code: "UnsupportedOperationException", message: "You cannot perform this operation on this key."}},
		"GetKeyPolicy": get{kind: keys, by: "KeyId", view: view{make: func(d map[string]any) map[string]any {
			return map[string]any{"Policy": d["Policy"], "PolicyName": "default"}
		}}},
	}}
}

// aliases are the aliases of all keys, each a document of its own.
func aliases(keys items) items {
	var all []item
	for i := range keys.Len() {
		it := keys.At(i)
		names, _ := it.doc["Aliases"].([]any)
		for _, n := range names {
			arn := scalar(it.doc["Arn"])
			all = append(all, item{scalar(n), -1, newShape(map[string]any{"AliasName": n, "TargetKeyId": it.doc["KeyId"],
				"AliasArn": arn[:strings.LastIndexByte(arn, ':')+1] + scalar(n)})})
		}
	}
	return newMemItems(all)
}
