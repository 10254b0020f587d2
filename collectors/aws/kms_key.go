package aws

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// KeyDoc is a customer managed key.
type KeyDoc struct {
	*types.KeyMetadata
	// Rotation is absent for keys that cannot rotate: asymmetric, imported, in a custom store, pending deletion.
	Rotation *KeyRotation
	Policy   *string // the key policy's JSON text
	Aliases  []string
	Tags     []types.Tag
}

// KeyRotation is a key's automatic rotation.
type KeyRotation struct {
	KeyRotationEnabled   bool
	RotationPeriodInDays *int32
}

func kmsKey() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.kms.key",
			Title: "Customer managed KMS key",
			Doc:   evidence.ShapeOf[KeyDoc](),
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "kms:ListKeys", Permissions: []string{"kms:ListKeys"}},
			{Name: "kms:DescribeKey", Permissions: []string{"kms:DescribeKey"}, Absent: []string{"NotFoundException"}},
			{
				Name: "kms:GetKeyRotationStatus", Permissions: []string{"kms:GetKeyRotationStatus"},
				Absent: []string{"UnsupportedOperationException", "KMSInvalidStateException"},
			},
			{Name: "kms:GetKeyPolicy", Permissions: []string{"kms:GetKeyPolicy"}},
			{Name: "kms:ListResourceTags", Permissions: []string{"kms:ListResourceTags"}},
			{Name: "kms:ListAliases", Permissions: []string{"kms:ListAliases"}},
		},
		Collect: collect.Typed(collectKeys),
	}
}

func collectKeys(ctx context.Context, s *session, t *collect.Task) error {
	aliases, unknown := s.keyAliases(ctx, t)
	p := kms.NewListKeysPaginator(s.kms(), &kms.ListKeysInput{Limit: aws.Int32(1000)})
	return pages(ctx, t, "kms:ListKeys", p, func(page *kms.ListKeysOutput) error {
		t.Listed(len(page.Keys))
		return collect.Each(ctx, page.Keys, func(ctx context.Context, k types.KeyListEntry) error {
			return s.key(ctx, t, k, aliases, unknown)
		})
	})
}

func (s *session) key(
	ctx context.Context, t *collect.Task, k types.KeyListEntry, aliases map[string][]string, unknown error,
) error {
	sub := subject(aws.ToString(k.KeyArn), aws.ToString(k.KeyId))
	described, err := ask(ctx, t, "kms:DescribeKey", func(ctx context.Context) (*kms.DescribeKeyOutput, error) {
		out, err := s.kms().DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: k.KeyArn})
		if err == nil && out.KeyMetadata == nil {
			err = errors.New("the answer describes no key")
		}
		return out, err
	})
	if collect.IsAbsent(err) {
		t.Exclude(deleted, 1)
		return nil
	}
	var doc KeyDoc
	switch {
	case err != nil:
		// Whose key it is cannot be told, so that it may be one that is left out: it stays in with everything missing.
		if err := missAll[KeyDoc](t, &sub, err); err != nil {
			return err
		}
		return s.emit(ctx, t, sub, doc)
	case described.KeyMetadata.KeyManager == types.KeyManagerTypeAws:
		t.Exclude("managed by AWS", 1)
		return nil
	default:
		doc.KeyMetadata = described.KeyMetadata
	}
	if unknown == nil {
		doc.Aliases = some(aliases[aws.ToString(k.KeyId)])
	} else if err := t.Miss(&sub, "Aliases", unknown); err != nil {
		return err
	}
	if len(doc.Aliases) > 0 {
		sub.Name = strings.TrimPrefix(doc.Aliases[0], "alias/")
	}
	if err := s.keyParts(ctx, t, k.KeyArn, &sub, &doc); err != nil {
		return err
	}
	return s.emit(ctx, t, sub, doc)
}
