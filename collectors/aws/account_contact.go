package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// ContactDoc is whom AWS reaches about the account. An alternate contact is absent when none is set. Names stay
// readable; of telephone numbers, mail and street addresses only whether they are there, and whether they changed.
type ContactDoc struct {
	ContactInformation *types.ContactInformation
	SecurityContact    *types.AlternateContact
	OperationsContact  *types.AlternateContact
	BillingContact     *types.AlternateContact
}

func accountContact() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:   "aws.account.contact",
			Title:  "Contacts of the AWS account",
			Doc:    evidence.ShapeOf[ContactDoc](),
			Secret: contactSecrets(),
		},
		Version: 1,
		Operations: []collect.Operation{
			{
				Name: "account:GetContactInformation", Permissions: []string{"account:GetContactInformation"},
				Absent: []string{"ResourceNotFoundException"},
			},
			{
				Name: "account:GetAlternateContact", Permissions: []string{"account:GetAlternateContact"},
				Absent: []string{"ResourceNotFoundException"},
			},
		},
		Collect: collect.Typed(collectContact),
	}
}

// contactSecrets lists where personal data stands.
func contactSecrets() []string {
	var paths []string
	for _, key := range []string{
		"PhoneNumber", "AddressLine1", "AddressLine2", "AddressLine3", "City", "DistrictOrCounty", "StateOrRegion",
		"PostalCode",
	} {
		paths = append(paths, "/ContactInformation/"+key)
	}
	for _, contact := range []string{"SecurityContact", "OperationsContact", "BillingContact"} {
		paths = append(paths, "/"+contact+"/EmailAddress", "/"+contact+"/PhoneNumber")
	}
	return paths
}

func (s *session) accounts() *account.Client {
	return client(s, "account", func() *account.Client { return account.NewFromConfig(s.cfg) })
}

func collectContact(ctx context.Context, s *session, t *collect.Task) error {
	var doc ContactDoc
	sub := subject("arn:"+s.partition+":account::"+s.account+":contact", s.account)
	_, err := t.Part(ctx, &sub, "ContactInformation", "account:GetContactInformation", func(ctx context.Context) error {
		out, err := s.accounts().GetContactInformation(ctx, &account.GetContactInformationInput{})
		if err == nil {
			doc.ContactInformation = out.ContactInformation
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, part := range []struct {
		key  string
		kind types.AlternateContactType
		into **types.AlternateContact
	}{
		{"SecurityContact", types.AlternateContactTypeSecurity, &doc.SecurityContact},
		{"OperationsContact", types.AlternateContactTypeOperations, &doc.OperationsContact},
		{"BillingContact", types.AlternateContactTypeBilling, &doc.BillingContact},
	} {
		_, err := t.Part(ctx, &sub, part.key, "account:GetAlternateContact", func(ctx context.Context) error {
			out, err := s.accounts().GetAlternateContact(ctx, &account.GetAlternateContactInput{AlternateContactType: part.kind})
			if err == nil {
				*part.into = out.AlternateContact
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	t.Listed(1)
	return s.emit(ctx, t, sub, doc)
}
