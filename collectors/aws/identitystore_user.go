package aws

import (
	"cmp"
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/identitystore/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// IdentityUserDoc is a person in Identity Center's store. Addresses, photographs, birthdays and the like are nothing that
// a control asks for, and are not kept.
type IdentityUserDoc struct {
	UserId          *string
	IdentityStoreId *string
	UserName        *string
	DisplayName     *string
	UserStatus      types.UserStatus
	UserType        *string
	Title           *string
	Emails          []types.Email
	PhoneNumbers    []types.PhoneNumber
	ExternalIds     []types.ExternalId
	CreatedAt       *time.Time
	CreatedBy       *string
	UpdatedAt       *time.Time
	UpdatedBy       *string
}

func identitystoreUser() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.identitystore.user",
			Title:    "User of IAM Identity Center",
			Doc:      evidence.ShapeOf[IdentityUserDoc](),
			Secret:   []string{"/Emails/*/Value", "/PhoneNumbers/*/Value"},
			Volatile: []string{"/UpdatedAt", "/UpdatedBy"},
		},
		Version: 1,
		Operations: []collect.Operation{
			{Name: "identitystore:ListUsers", Permissions: []string{"identitystore:ListUsers"}},
			instancesOperation(),
		},
		Collect: collect.Typed(collectIdentityUsers),
	}
}

func collectIdentityUsers(ctx context.Context, s *session, t *collect.Task) error {
	instances, err := s.instances(ctx, t)
	if err != nil {
		return err
	}
	for _, i := range instances {
		region := aws.ToString(i.PrimaryRegion)
		p := identitystore.NewListUsersPaginator(s.identitystore(region), &identitystore.ListUsersInput{
			IdentityStoreId: i.IdentityStoreId, MaxResults: aws.Int32(ssoPage),
		})
		err := pages(ctx, t.In(region), "identitystore:ListUsers", p, func(page *identitystore.ListUsersOutput) error {
			t.Listed(len(page.Users))
			for _, u := range page.Users {
				if err := s.identityUser(ctx, t, u); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *session) identityUser(ctx context.Context, t *collect.Task, u types.User) error {
	id := cmp.Or(aws.ToString(u.UserArn), s.identityARN("user", u.UserId))
	return s.emit(ctx, t, subject(id, aws.ToString(u.UserName)), IdentityUserDoc{
		UserId: u.UserId, IdentityStoreId: u.IdentityStoreId, UserName: u.UserName, DisplayName: u.DisplayName,
		UserStatus: u.UserStatus, UserType: u.UserType, Title: u.Title, Emails: u.Emails, PhoneNumbers: u.PhoneNumbers,
		ExternalIds: u.ExternalIds, CreatedAt: u.CreatedAt, CreatedBy: u.CreatedBy, UpdatedAt: u.UpdatedAt,
		UpdatedBy: u.UpdatedBy,
	})
}

// identityARN is how IAM names what is in an identity store.
func (s *session) identityARN(kind string, id *string) string {
	return "arn:" + s.partition + ":identitystore:::" + kind + "/" + aws.ToString(id)
}
