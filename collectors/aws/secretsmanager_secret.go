package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// SecretDoc is what is told about a secret. Its value is never asked for. Policy is absent when there is none.
type SecretDoc struct {
	types.SecretListEntry
	Policy *string // the resource policy's JSON text
}

func (s *session) secretsmanager() *secretsmanager.Client {
	return client(s, "secretsmanager", func() *secretsmanager.Client { return secretsmanager.NewFromConfig(s.cfg) })
}

func secretsmanagerSecret() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.secretsmanager.secret",
			Title:    "Secret, without its value",
			Doc:      evidence.ShapeOf[SecretDoc](),
			Volatile: []string{"/LastAccessedDate"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "secretsmanager:ListSecrets", Permissions: []string{"secretsmanager:ListSecrets"}},
			{
				Name: "secretsmanager:GetResourcePolicy", Permissions: []string{"secretsmanager:GetResourcePolicy"},
				Absent: []string{"ResourceNotFoundException"},
			},
		},
		Collect: collect.Typed(collectSecrets),
	}
}

func collectSecrets(ctx context.Context, s *session, t *collect.Task) error {
	p := secretsmanager.NewListSecretsPaginator(s.secretsmanager(), &secretsmanager.ListSecretsInput{
		MaxResults: aws.Int32(100),
	})
	return pages(ctx, t, "secretsmanager:ListSecrets", p, func(page *secretsmanager.ListSecretsOutput) error {
		t.Listed(len(page.SecretList))
		return collect.Each(ctx, page.SecretList, func(ctx context.Context, v types.SecretListEntry) error {
			return s.aboutSecret(ctx, t, v)
		})
	})
}

func (s *session) aboutSecret(ctx context.Context, t *collect.Task, v types.SecretListEntry) error {
	sub := subject(aws.ToString(v.ARN), aws.ToString(v.Name))
	sub.Tags = tags(v.Tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
	doc := SecretDoc{SecretListEntry: v}
	there, err := detail(ctx, t, &sub, "secretsmanager:GetResourcePolicy", []string{"Policy"},
		func(ctx context.Context) error {
			out, err := s.secretsmanager().GetResourcePolicy(ctx, &secretsmanager.GetResourcePolicyInput{SecretId: v.ARN})
			if err == nil && out.ARN == nil {
				err = errNoResult
			}
			if err == nil {
				doc.Policy = out.ResourcePolicy
			}
			return err
		})
	if !there || err != nil {
		return err
	}
	return s.emit(ctx, t, sub, doc)
}
