package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// BackupVaultDoc is where recovery points are kept. Policy is absent when the vault has none.
type BackupVaultDoc struct {
	types.BackupVaultListMember
	Policy *string // the access policy's JSON text
}

func backupVault() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.backup.vault",
			Title:    "Backup vault",
			Doc:      evidence.ShapeOf[BackupVaultDoc](),
			Volatile: []string{"/NumberOfRecoveryPoints"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "backup:ListBackupVaults", Permissions: []string{"backup:ListBackupVaults"}},
			{
				Name: "backup:GetBackupVaultAccessPolicy", Permissions: []string{"backup:GetBackupVaultAccessPolicy"},
				Absent: []string{"ResourceNotFoundException"},
			},
		},
		Collect: collect.Typed(collectBackupVaults),
	}
}

func collectBackupVaults(ctx context.Context, s *session, t *collect.Task) error {
	p := backup.NewListBackupVaultsPaginator(s.backup(), &backup.ListBackupVaultsInput{
		MaxResults: aws.Int32(backupPage),
	})
	return pages(ctx, t, "backup:ListBackupVaults", p, func(page *backup.ListBackupVaultsOutput) error {
		t.Listed(len(page.BackupVaultList))
		return collect.Each(ctx, page.BackupVaultList, func(ctx context.Context, v types.BackupVaultListMember) error {
			sub := subject(aws.ToString(v.BackupVaultArn), aws.ToString(v.BackupVaultName))
			doc := BackupVaultDoc{BackupVaultListMember: v}
			// A vault without a policy and one that is gone are answered alike; either has no policy.
			_, err := t.Part(ctx, &sub, "Policy", "backup:GetBackupVaultAccessPolicy", func(ctx context.Context) error {
				out, err := s.backup().GetBackupVaultAccessPolicy(ctx, &backup.GetBackupVaultAccessPolicyInput{
					BackupVaultName: v.BackupVaultName,
				})
				if err == nil && out.Policy == nil {
					err = errNoResult
				}
				if err == nil {
					doc.Policy = out.Policy
				}
				return err
			})
			if err != nil {
				return err
			}
			return s.emit(ctx, t, sub, doc)
		})
	})
}
