package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// BackupPlanDoc is a plan: when it copies, where to, and what it selects. What was really copied is told by
// aws.backup.protected-resource, where a resource that was selected and never copied is not.
type BackupPlanDoc struct {
	types.BackupPlansListMember
	BackupPlan *types.BackupPlan
	Selections []types.BackupSelection
}

// backupPage is the size of the pages of AWS Backup, which is the largest.
const backupPage = 1000

func (s *session) backup() *backup.Client {
	return client(s, "backup", func() *backup.Client { return backup.NewFromConfig(s.cfg) })
}

func backupPlan() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.backup.plan",
			Title:    "Backup plan",
			Doc:      evidence.ShapeOf[BackupPlanDoc](),
			Volatile: []string{"/LastExecutionDate"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "backup:ListBackupPlans", Permissions: []string{"backup:ListBackupPlans"}},
			{
				Name: "backup:GetBackupPlan", Permissions: []string{"backup:GetBackupPlan"},
				Absent: []string{"ResourceNotFoundException"},
			},
			{Name: "backup:ListBackupSelections", Permissions: []string{"backup:ListBackupSelections"}},
			{
				Name: "backup:GetBackupSelection", Permissions: []string{"backup:GetBackupSelection"},
				Absent: []string{"ResourceNotFoundException"},
			},
		},
		Collect: collect.Typed(collectBackupPlans),
	}
}

func collectBackupPlans(ctx context.Context, s *session, t *collect.Task) error {
	p := backup.NewListBackupPlansPaginator(s.backup(), &backup.ListBackupPlansInput{MaxResults: aws.Int32(backupPage)})
	return pages(ctx, t, "backup:ListBackupPlans", p, func(page *backup.ListBackupPlansOutput) error {
		t.Listed(len(page.BackupPlansList))
		return collect.Each(ctx, page.BackupPlansList, func(ctx context.Context, v types.BackupPlansListMember) error {
			return s.plan(ctx, t, v)
		})
	})
}

func (s *session) plan(ctx context.Context, t *collect.Task, v types.BackupPlansListMember) error {
	sub := subject(aws.ToString(v.BackupPlanArn), aws.ToString(v.BackupPlanName))
	doc := BackupPlanDoc{BackupPlansListMember: v}
	there, err := detail(ctx, t, &sub, "backup:GetBackupPlan", []string{"BackupPlan"},
		func(ctx context.Context) error {
			out, err := s.backup().GetBackupPlan(ctx, &backup.GetBackupPlanInput{BackupPlanId: v.BackupPlanId})
			if err == nil && out.BackupPlan == nil {
				err = errNoResult
			}
			if err == nil {
				doc.BackupPlan = out.BackupPlan
			}
			return err
		})
	if !there || err != nil {
		return err
	}
	doc.Selections, err = s.selections(ctx, t, v.BackupPlanId)
	if err := t.Miss(&sub, "Selections", err); err != nil {
		return err
	}
	return s.emit(ctx, t, sub, doc)
}

// selections tells what a plan selects. One selection that cannot be read makes the list no list.
func (s *session) selections(ctx context.Context, t *collect.Task, plan *string) ([]types.BackupSelection, error) {
	all := []types.BackupSelection{}
	p := backup.NewListBackupSelectionsPaginator(s.backup(), &backup.ListBackupSelectionsInput{
		BackupPlanId: plan, MaxResults: aws.Int32(backupPage),
	})
	err := pages(ctx, t, "backup:ListBackupSelections", p, func(page *backup.ListBackupSelectionsOutput) error {
		for _, listed := range page.BackupSelectionsList {
			err := t.Call(ctx, "backup:GetBackupSelection", func(ctx context.Context) error {
				out, err := s.backup().GetBackupSelection(ctx, &backup.GetBackupSelectionInput{
					BackupPlanId: plan, SelectionId: listed.SelectionId,
				})
				if err == nil && out.BackupSelection == nil {
					err = errNoResult
				}
				if err == nil {
					all = append(all, *out.BackupSelection)
				}
				return err
			})
			if err != nil && !collect.IsAbsent(err) { // an absent one was deleted meanwhile
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}
