package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/efs/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// FileSystemDoc is a file system. BackupPolicy is absent when automatic backups were never set.
type FileSystemDoc struct {
	types.FileSystemDescription
	BackupPolicy *types.BackupPolicy
}

func (s *session) efs() *efs.Client {
	return client(s, "efs", func() *efs.Client { return efs.NewFromConfig(s.cfg) })
}

func efsFileSystem() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.efs.file-system",
			Title:    "EFS file system",
			Doc:      evidence.ShapeOf[FileSystemDoc](),
			Volatile: []string{"/SizeInBytes"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "efs:DescribeFileSystems", Permissions: []string{"elasticfilesystem:DescribeFileSystems"}},
			{
				Name: "efs:DescribeBackupPolicy", Permissions: []string{"elasticfilesystem:DescribeBackupPolicy"},
				Absent: []string{"PolicyNotFound", noSuchFileSystem},
			},
		},
		Collect: collect.Typed(collectFileSystems),
	}
}

// noSuchFileSystem is the code of a file system that was deleted since it was listed.
const noSuchFileSystem = "FileSystemNotFound"

func collectFileSystems(ctx context.Context, s *session, t *collect.Task) error {
	p := efs.NewDescribeFileSystemsPaginator(s.efs(), &efs.DescribeFileSystemsInput{MaxItems: aws.Int32(100)})
	return pages(ctx, t, "efs:DescribeFileSystems", p, func(page *efs.DescribeFileSystemsOutput) error {
		t.Listed(len(page.FileSystems))
		return collect.Each(ctx, page.FileSystems, func(ctx context.Context, v types.FileSystemDescription) error {
			return s.fileSystem(ctx, t, v)
		})
	})
}

func (s *session) fileSystem(ctx context.Context, t *collect.Task, v types.FileSystemDescription) error {
	sub := subject(aws.ToString(v.FileSystemArn), aws.ToString(v.Name))
	if sub.Name == "" {
		sub.Name = aws.ToString(v.FileSystemId)
	}
	sub.Tags = tags(v.Tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
	doc := FileSystemDoc{FileSystemDescription: v}
	there, err := detail(ctx, t, &sub, "efs:DescribeBackupPolicy", []string{"BackupPolicy"},
		func(ctx context.Context) error {
			out, err := s.efs().DescribeBackupPolicy(ctx, &efs.DescribeBackupPolicyInput{FileSystemId: v.FileSystemId})
			if err == nil && out.BackupPolicy == nil {
				err = errNoResult
			}
			if err == nil {
				doc.BackupPolicy = out.BackupPolicy
			}
			return err
		}, noSuchFileSystem)
	if !there || err != nil {
		return err
	}
	return s.emit(ctx, t, sub, doc)
}
