package aws

import (
	"time"

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

// Credential is a row of the credential report: every value is the report's text ("true", "N/A", a time).
type Credential struct {
	User                      string `json:"user"`
	Arn                       string `json:"arn"`
	UserCreationTime          string `json:"user_creation_time"`
	PasswordEnabled           string `json:"password_enabled"`
	PasswordLastUsed          string `json:"password_last_used"`
	PasswordLastChanged       string `json:"password_last_changed"`
	PasswordNextRotation      string `json:"password_next_rotation"`
	MFAActive                 string `json:"mfa_active"`
	AccessKey1Active          string `json:"access_key_1_active"`
	AccessKey1LastRotated     string `json:"access_key_1_last_rotated"`
	AccessKey1LastUsedDate    string `json:"access_key_1_last_used_date"`
	AccessKey1LastUsedRegion  string `json:"access_key_1_last_used_region"`
	AccessKey1LastUsedService string `json:"access_key_1_last_used_service"`
	AccessKey2Active          string `json:"access_key_2_active"`
	AccessKey2LastRotated     string `json:"access_key_2_last_rotated"`
	AccessKey2LastUsedDate    string `json:"access_key_2_last_used_date"`
	AccessKey2LastUsedRegion  string `json:"access_key_2_last_used_region"`
	AccessKey2LastUsedService string `json:"access_key_2_last_used_service"`
	Cert1Active               string `json:"cert_1_active"`
	Cert1LastRotated          string `json:"cert_1_last_rotated"`
	Cert2Active               string `json:"cert_2_active"`
	Cert2LastRotated          string `json:"cert_2_last_rotated"`
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
			Volatile: append(credentialVolatile("/Root"), "/ReportTime"),
		},
		Version: 1,
	}
}

// credentialVolatile names the columns of a credential report's row that change by use alone.
func credentialVolatile(at string) []string {
	return []string{
		at + "/password_last_used",
		at + "/access_key_1_last_used_date", at + "/access_key_1_last_used_region", at + "/access_key_1_last_used_service",
		at + "/access_key_2_last_used_date", at + "/access_key_2_last_used_region", at + "/access_key_2_last_used_service",
	}
}
