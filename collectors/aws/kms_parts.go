package aws

import (
	"context"
	"sort"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// keyParts asks what DescribeKey does not tell. Each may be refused by the key's own policy.
func (s *session) keyParts(
	ctx context.Context, t *collect.Task, arn *string, sub *evidence.Subject, doc *KeyDoc,
) error {
	_, err := t.Part(ctx, sub, "Rotation", "kms:GetKeyRotationStatus", func(ctx context.Context) error {
		out, err := s.kms().GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: arn})
		if err == nil {
			doc.Rotation = &KeyRotation{out.KeyRotationEnabled, out.RotationPeriodInDays}
		}
		return err
	})
	if err != nil {
		return err
	}
	_, err = t.Part(ctx, sub, "Policy", "kms:GetKeyPolicy", func(ctx context.Context) error {
		out, err := s.kms().GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: arn, PolicyName: aws.String("default")})
		if err == nil {
			doc.Policy = out.Policy
		}
		return err
	})
	if err != nil {
		return err
	}
	_, err = t.Part(ctx, sub, "Tags", "kms:ListResourceTags", func(ctx context.Context) error {
		out, err := s.kms().ListResourceTags(ctx, &kms.ListResourceTagsInput{KeyId: arn}) // a key has 50 at most, one page
		if err == nil {
			doc.Tags = some(out.Tags)
			sub.Tags = tags(out.Tags, func(t types.Tag) (*string, *string) { return t.TagKey, t.TagValue })
		}
		return err
	})
	return err
}

// keyAliases lists all aliases of the region once, by key.
func (s *session) keyAliases(ctx context.Context, t *collect.Task) (map[string][]string, error) {
	byKey := map[string][]string{}
	p := kms.NewListAliasesPaginator(s.kms(), &kms.ListAliasesInput{Limit: aws.Int32(100)})
	err := pages(ctx, t, "kms:ListAliases", p, func(page *kms.ListAliasesOutput) error {
		for _, a := range page.Aliases {
			id := aws.ToString(a.TargetKeyId)
			byKey[id] = append(byKey[id], aws.ToString(a.AliasName))
		}
		return nil
	})
	for _, names := range byKey {
		sort.Strings(names)
	}
	return byKey, err
}
