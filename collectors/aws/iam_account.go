package aws

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// AccountDoc is the account as IAM sums it up.
type AccountDoc struct {
	// SummaryMap is GetAccountSummary's answer: AccountMFAEnabled, AccountAccessKeysPresent, counts and quotas.
	SummaryMap map[string]int32
	// Root is the root user's row of the credential report.
	Root *Credential
	// VirtualMFADevices are the virtual devices assigned to the root user: none means a hardware device, if any.
	VirtualMFADevices []types.VirtualMFADevice
	AccountAliases    []string
	// SupportAccess is who holds the AWS managed policy AWSSupportAccess.
	SupportAccess *SupportAccess
	// SAMLProviders are the identity providers through which people federate. Identity Center puts one into each
	// account that it assigns people to.
	SAMLProviders []types.SAMLProviderListEntry
	// ReportTime is when the credential report was made.
	ReportTime *time.Time
}

// SupportAccess is who holds the AWS managed policy AWSSupportAccess.
type SupportAccess struct {
	PolicyRoles  []types.PolicyRole
	PolicyUsers  []types.PolicyUser
	PolicyGroups []types.PolicyGroup
}

// accountDoc is AccountDoc as it is written, with the report's row as it came.
type accountDoc struct {
	SummaryMap        map[string]int32
	Root              row
	VirtualMFADevices []types.VirtualMFADevice
	AccountAliases    []string
	SupportAccess     *SupportAccess
	SAMLProviders     []types.SAMLProviderListEntry
	ReportTime        *time.Time
}

func iamAccount() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.iam.account",
			Title: "AWS account, as IAM sums it up",
			Doc:   evidence.ShapeOf[AccountDoc](),
			Secret: []string{
				"/VirtualMFADevices/*/Base32StringSeed", "/VirtualMFADevices/*/QRCodePNG",
			},
			Volatile: append(append(credentialVolatile("/Root"), "/ReportTime"), countsVolatile()...),
		},
		Version: 1,
		Operations: append([]collect.Operation{
			summaryOperation(),
			{Name: "iam:ListVirtualMFADevices", Permissions: []string{"iam:ListVirtualMFADevices"}},
			{Name: "iam:ListAccountAliases", Permissions: []string{"iam:ListAccountAliases"}},
			{
				Name: "iam:ListEntitiesForPolicy", Permissions: []string{"iam:ListEntitiesForPolicy"},
				Absent: []string{"NoSuchEntity"},
			},
			{Name: "iam:ListSAMLProviders", Permissions: []string{"iam:ListSAMLProviders"}},
		}, reportOperations()...),
		Collect: collect.Typed(collectAccount),
	}
}

// countsVolatile names the counts that change with every user, role and policy, which are subjects of their own.
func countsVolatile() []string {
	var paths []string
	for _, count := range []string{
		"Users", "Groups", "Roles", "Policies", "PolicyVersionsInUse", "InstanceProfiles", "MFADevices", "MFADevicesInUse",
		"Providers", "ServerCertificates",
	} {
		paths = append(paths, "/SummaryMap/"+count)
	}
	return paths
}

func collectAccount(ctx context.Context, s *session, t *collect.Task) error {
	var doc accountDoc
	summary, err := s.summary(ctx, t)
	if err != nil {
		return err
	}
	doc.SummaryMap = summary
	sub := subject(s.iamARN("root"), s.account)
	report, err := s.report(ctx, t)
	switch {
	case err != nil:
		for _, key := range []string{"Root", "ReportTime"} {
			if err := t.Miss(&sub, key, err); err != nil {
				return err
			}
		}
	default:
		doc.Root, doc.ReportTime = report.row("<root_account>"), report.made
	}
	for _, part := range []struct {
		key string
		ask func(context.Context, *collect.Task, *accountDoc) error
	}{
		{"VirtualMFADevices", s.rootDevices}, {"AccountAliases", s.accountAliases}, {"SupportAccess", s.supportAccess},
		{"SAMLProviders", s.samlProviders},
	} {
		if err := part.ask(ctx, t, &doc); err != nil {
			if err := t.Miss(&sub, part.key, err); err != nil {
				return err
			}
		}
	}
	t.Listed(1)
	return s.emit(ctx, t, sub, doc)
}

// rootDevices lists the virtual devices and keeps those of the root user.
func (s *session) rootDevices(ctx context.Context, t *collect.Task, doc *accountDoc) error {
	t.Params("iam:ListVirtualMFADevices", map[string]string{"AssignmentStatus": "Assigned"})
	devices := []types.VirtualMFADevice{}
	p := iam.NewListVirtualMFADevicesPaginator(s.iam(), &iam.ListVirtualMFADevicesInput{
		AssignmentStatus: types.AssignmentStatusTypeAssigned,
	})
	err := pages(ctx, t, "iam:ListVirtualMFADevices", p, func(page *iam.ListVirtualMFADevicesOutput) error {
		for _, d := range page.VirtualMFADevices {
			if d.User != nil && aws.ToString(d.User.Arn) == s.iamARN("root") {
				devices = append(devices, d)
			}
		}
		return nil
	})
	if err == nil {
		doc.VirtualMFADevices = devices
	}
	return err
}

func (s *session) accountAliases(ctx context.Context, t *collect.Task, doc *accountDoc) error {
	names, err := s.aliases(ctx, t)
	doc.AccountAliases = names
	return err
}

func (s *session) supportAccess(ctx context.Context, t *collect.Task, doc *accountDoc) error {
	arn := "arn:" + s.partition + ":iam::aws:policy/AWSSupportAccess"
	t.Params("iam:ListEntitiesForPolicy", map[string]string{"PolicyArn": arn})
	held := &SupportAccess{
		PolicyRoles: []types.PolicyRole{}, PolicyUsers: []types.PolicyUser{}, PolicyGroups: []types.PolicyGroup{},
	}
	p := iam.NewListEntitiesForPolicyPaginator(s.iam(), &iam.ListEntitiesForPolicyInput{PolicyArn: &arn})
	err := pages(ctx, t, "iam:ListEntitiesForPolicy", p, func(page *iam.ListEntitiesForPolicyOutput) error {
		held.PolicyRoles = append(held.PolicyRoles, page.PolicyRoles...)
		held.PolicyUsers = append(held.PolicyUsers, page.PolicyUsers...)
		held.PolicyGroups = append(held.PolicyGroups, page.PolicyGroups...)
		return nil
	})
	if err == nil || collect.IsAbsent(err) {
		doc.SupportAccess = held
		return nil
	}
	return err
}

func (s *session) samlProviders(ctx context.Context, t *collect.Task, doc *accountDoc) error {
	out, err := ask(ctx, t, "iam:ListSAMLProviders", func(ctx context.Context) (*iam.ListSAMLProvidersOutput, error) {
		return s.iam().ListSAMLProviders(ctx, &iam.ListSAMLProvidersInput{})
	})
	if err == nil {
		doc.SAMLProviders = some(out.SAMLProviderList) // one answer holds all: the API has no pages
	}
	return err
}

func summaryOperation() collect.Operation {
	return collect.Operation{Name: "iam:GetAccountSummary", Permissions: []string{"iam:GetAccountSummary"}}
}

// summary asks for the account's counts once for all collectors.
func (s *session) summary(ctx context.Context, t *collect.Task) (map[string]int32, error) {
	summary, err := collect.Once(ctx, t, "summary", func(ctx context.Context) (map[string]int32, error) {
		out, err := ask(ctx, t, "iam:GetAccountSummary", func(ctx context.Context) (*iam.GetAccountSummaryOutput, error) {
			return s.iam().GetAccountSummary(ctx, nil)
		})
		if err != nil {
			return nil, err
		}
		return out.SummaryMap, nil
	})
	if err == nil {
		t.Relies("iam:GetAccountSummary")
	}
	return summary, err
}

// count states the account summary's own count of what a collector lists. Not being allowed to ask is no reason to
// fail.
func (s *session) count(ctx context.Context, t *collect.Task, key string) error {
	summary, err := s.summary(ctx, t)
	if err != nil {
		return t.Lost(err)
	}
	if n, ok := summary[key]; ok {
		t.SecondCount("iam:GetAccountSummary", int(n))
	}
	return nil
}
