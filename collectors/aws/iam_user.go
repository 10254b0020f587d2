package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// UserDoc is an IAM user with everything that lets it in.
type UserDoc struct {
	types.User
	AccessKeys       []types.AccessKeyMetadata
	MFADevices       []types.MFADevice
	Groups           []string
	AttachedPolicies []types.AttachedPolicy
	InlinePolicies   []types.PolicyDetail // PolicyDocument is plain JSON text, not percent-encoded
	// Credential is the user's row of the credential report, which may be up to four hours old: a user that is younger
	// has none.
	Credential *Credential
}

// userDoc is UserDoc as it is written, with the report's row as it came.
type userDoc struct {
	types.User
	AccessKeys       []types.AccessKeyMetadata
	MFADevices       []types.MFADevice
	Groups           []string
	AttachedPolicies []types.AttachedPolicy
	InlinePolicies   []types.PolicyDetail
	Credential       row
}

func iamUser() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.iam.user",
			Title:    "IAM user",
			Doc:      evidence.ShapeOf[UserDoc](),
			Secret:   []string{"/AccessKeys/*/AccessKeyId"},
			Volatile: append(credentialVolatile("/Credential"), "/PasswordLastUsed"),
		},
		Version: 1,
		Operations: append([]collect.Operation{
			detailsOperation(),
			summaryOperation(),
			{Name: "iam:ListAccessKeys", Permissions: []string{"iam:ListAccessKeys"}, Absent: []string{"NoSuchEntity"}},
			{Name: "iam:ListMFADevices", Permissions: []string{"iam:ListMFADevices"}},
		}, reportOperations()...),
		Collect: collect.Typed(collectUsers),
	}
}

func collectUsers(ctx context.Context, s *session, t *collect.Task) error {
	rows, unknown := s.report(ctx, t)
	err := s.details(ctx, t, types.EntityTypeUser, func(page *iam.GetAccountAuthorizationDetailsOutput) error {
		t.Listed(len(page.UserDetailList))
		return collect.Each(ctx, page.UserDetailList, func(ctx context.Context, u types.UserDetail) error {
			return s.user(ctx, t, u, rows, unknown)
		})
	})
	if err != nil {
		return err
	}
	return s.count(ctx, t, "Users")
}

// user adds what the details leave out: keys, devices and the report's row.
func (s *session) user(ctx context.Context, t *collect.Task, u types.UserDetail, rows *report, unknown error) error {
	sub := subject(aws.ToString(u.Arn), aws.ToString(u.UserName))
	sub.Tags = iamTags(u.Tags)
	doc := userDoc{
		User: types.User{
			Arn: u.Arn, CreateDate: u.CreateDate, Path: u.Path, PermissionsBoundary: u.PermissionsBoundary, Tags: u.Tags,
			UserId: u.UserId, UserName: u.UserName,
		},
		Groups:           some(u.GroupList),
		AttachedPolicies: some(u.AttachedManagedPolicies),
		InlinePolicies:   plainAll(u.UserPolicyList),
	}
	if unknown != nil {
		if err := t.Miss(&sub, "Credential", unknown); err != nil {
			return err
		}
	} else {
		doc.Credential = rows.row(sub.Name)
	}
	keys := []types.AccessKeyMetadata{}
	p := iam.NewListAccessKeysPaginator(s.iam(), &iam.ListAccessKeysInput{UserName: u.UserName})
	err := pages(ctx, t, "iam:ListAccessKeys", p, func(page *iam.ListAccessKeysOutput) error {
		keys = append(keys, page.AccessKeyMetadata...)
		return nil
	})
	if err == nil {
		doc.AccessKeys = keys
	}
	if collect.IsAbsent(err) {
		t.Exclude(deleted, 1)
		return nil
	}
	if err := t.Miss(&sub, "AccessKeys", err); err != nil {
		return err
	}
	devices := []types.MFADevice{}
	d := iam.NewListMFADevicesPaginator(s.iam(), &iam.ListMFADevicesInput{UserName: u.UserName})
	err = pages(ctx, t, "iam:ListMFADevices", d, func(page *iam.ListMFADevicesOutput) error {
		devices = append(devices, page.MFADevices...)
		return nil
	})
	if err == nil {
		doc.MFADevices = devices
	}
	if err := t.Miss(&sub, "MFADevices", err); err != nil {
		return err
	}
	return s.emit(ctx, t, sub, doc)
}

func detailsOperation() collect.Operation {
	return collect.Operation{
		Name: "iam:GetAccountAuthorizationDetails", Permissions: []string{"iam:GetAccountAuthorizationDetails"},
	}
}

// details lists users, roles or policies with all that is attached to them, a page of many at a time.
func (s *session) details(
	ctx context.Context, t *collect.Task, kind types.EntityType,
	f func(page *iam.GetAccountAuthorizationDetailsOutput) error,
) error {
	const op = "iam:GetAccountAuthorizationDetails"
	t.Params(op, map[string]string{"Filter": string(kind)})
	p := iam.NewGetAccountAuthorizationDetailsPaginator(s.iam(), &iam.GetAccountAuthorizationDetailsInput{
		Filter: []types.EntityType{kind}, MaxItems: aws.Int32(detailsPage),
	})
	return pages(ctx, t, op, p, f)
}

// detailsPage bounds a page of details, each of which carries policy documents.
const detailsPage = 500
