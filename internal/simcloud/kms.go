package simcloud

import (
	"net/http"
	"strings"
)

func kmsOps() awsOps {
	return awsOps{
		"ListKeys": func(k *awsCall) ([]byte, *awsFail) {
			return k.kmsList("Keys", k.regional("keys"), func(d map[string]any) map[string]any {
				return map[string]any{"KeyId": d["KeyId"], "KeyArn": d["Arn"]}
			})
		},
		"ListAliases": func(k *awsCall) ([]byte, *awsFail) {
			all := k.regional("keys")
			if id := k.text("KeyId"); id != "" {
				it, ok := k.findKey(id)
				if !ok {
					return nil, noKey(id)
				}
				all = newMemItems([]item{it})
			}
			return k.kmsList("Aliases", aliases(all), func(d map[string]any) map[string]any { return d })
		},
		"ListResourceTags": onKey(func(d map[string]any) (map[string]any, *awsFail) {
			tags, _ := d["Tags"].([]any)
			return map[string]any{"Tags": append([]any{}, tags...), "Truncated": false}, nil
		}),
		"DescribeKey": onKey(func(d map[string]any) (map[string]any, *awsFail) {
			return map[string]any{"KeyMetadata": without(d, "Rotation", "Policy", "Aliases", "Tags")}, nil
		}),
		"GetKeyRotationStatus": onKey(func(d map[string]any) (map[string]any, *awsFail) {
			r, ok := d["Rotation"].(map[string]any)
			if !ok {
				return nil, &awsFail{http.StatusBadRequest, "UnsupportedOperationException",
					"You cannot perform this operation on this key."}
			}
			return r, nil
		}),
		"GetKeyPolicy": onKey(func(d map[string]any) (map[string]any, *awsFail) {
			return map[string]any{"Policy": policyText(d["Policy"]), "PolicyName": "default"}, nil
		}),
	}
}

func (k *awsCall) kmsList(member string, all items, fields func(map[string]any) map[string]any) ([]byte, *awsFail) {
	w, ok := k.c.page(k.op, all.Len(), k.text("Marker"), k.asked("Limit"), 100, 1000)
	if !ok {
		return nil, badToken("kms")
	}
	more := map[string]any{"Truncated": w.Next != ""}
	if w.Next != "" {
		more["NextMarker"] = w.Next
	}
	return k.jsonList(member, all, w, fields, more), nil
}

// findKey takes a key's id or its ARN, as KMS does.
func (k *awsCall) findKey(id string) (item, bool) {
	return k.regional("keys").Find(id[strings.LastIndexByte(id, '/')+1:])
}

func noKey(id string) *awsFail {
	return &awsFail{http.StatusBadRequest, "NotFoundException", "Key '" + id + "' does not exist"}
}

func onKey(f func(map[string]any) (map[string]any, *awsFail)) func(*awsCall) ([]byte, *awsFail) {
	return func(k *awsCall) ([]byte, *awsFail) {
		it, ok := k.findKey(k.text("KeyId"))
		if !ok {
			return nil, noKey(k.text("KeyId"))
		}
		doc, fail := f(it.doc)
		if fail != nil {
			return nil, fail
		}
		return it.append(nil, "kms:"+k.op, func(dst []byte, _ map[string]any) []byte {
			return append(dst, awsJSON(doc)...)
		}), nil
	}
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
