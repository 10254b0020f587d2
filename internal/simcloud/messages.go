package simcloud

import (
	"maps"
	"slices"
)

func sqsService() awsService {
	queues := kind{name: "queues", key: "QueueUrl", regional: true,
		missing: awsFail{code: "QueueDoesNotExist", message: "The specified queue does not exist."}}
	return awsService{name: "sqs", signing: "sqs", kinds: []kind{queues}, ops: awsOps{
		"ListQueues": list{kind: queues, view: view{as: "QueueUrl"}},
		"GetQueueAttributes": awsFunc(func(k *awsCall) (awsOut, *awsFail) {
			it, fail := queues.find(k, k.text("QueueUrl"))
			if fail != nil {
				return awsOut{}, fail
			}
			all, _ := it.document()["Attributes"].(map[string]any)
			all, names := maps.Clone(all), k.texts("AttributeNames")
			maps.DeleteFunc(all, func(name string, _ any) bool {
				return !slices.Contains(names, name) && !slices.Contains(names, "All")
			})
			return awsOut{doc: map[string]any{"Attributes": all}}, nil
		}),
		"ListQueueTags": get{kind: queues, by: "QueueUrl", part: "Tags", member: "Tags"},
	}}
}

func snsService() awsService {
	topics := kind{name: "topics", key: "TopicArn", regional: true,
		missing: awsFail{code: "NotFound", message: "Topic does not exist"}}
	return awsService{name: "sns", signing: "sns", kinds: []kind{topics}, ops: awsOps{
		"ListTopics":               list{kind: topics, view: view{only: []string{"TopicArn"}}},
		"GetTopicAttributes":       get{kind: topics, by: "TopicArn", part: "Attributes", member: "Attributes"},
		"ListSubscriptionsByTopic": within{kind: topics, by: "TopicArn", from: "Subscriptions"},
		"ListTagsForResource":      within{kind: topics, by: "ResourceArn", from: "Tags", member: "Tags"},
	}}
}
