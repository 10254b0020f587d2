package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// ProtectedResourceDoc is a resource that AWS Backup holds a recovery point of, with the time of the newest.
type ProtectedResourceDoc struct{ types.ProtectedResource }

func backupProtectedResource() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.backup.protected-resource",
			Title:    "Resource with recovery points in AWS Backup",
			Doc:      evidence.ShapeOf[ProtectedResourceDoc](),
			Volatile: []string{"/LastBackupTime", "/LastRecoveryPointArn"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "backup:ListProtectedResources", Permissions: []string{"backup:ListProtectedResources"}},
		},
		Collect: collect.Typed(collectProtectedResources),
	}
}

func collectProtectedResources(ctx context.Context, s *session, t *collect.Task) error {
	p := backup.NewListProtectedResourcesPaginator(s.backup(), &backup.ListProtectedResourcesInput{
		MaxResults: aws.Int32(backupPage),
	})
	return pages(ctx, t, "backup:ListProtectedResources", p, func(page *backup.ListProtectedResourcesOutput) error {
		t.Listed(len(page.Results))
		for _, v := range page.Results {
			sub := subject(aws.ToString(v.ResourceArn), aws.ToString(v.ResourceName))
			if err := s.emit(ctx, t, sub, ProtectedResourceDoc{v}); err != nil {
				return err
			}
		}
		return nil
	})
}
