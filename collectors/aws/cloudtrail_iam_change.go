package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"exhibit/internal/collect"
)

// cloudtrailIAMChange is every change of who may do what in the account. Events are asked for by name: a question about all
// events of the service would go through everything that anybody reads.
func cloudtrailIAMChange() collect.Collector {
	return history{
		typ: "aws.cloudtrail.iam-change", title: "Change of identities and their rights",
		source: "iam.amazonaws.com", attribute: types.LookupAttributeKeyEventName,
		values: []string{
			"CreateUser", "UpdateUser", "DeleteUser", "CreateLoginProfile", "UpdateLoginProfile", "DeleteLoginProfile",
			"CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey", "EnableMFADevice", "DeactivateMFADevice",
			"CreateGroup", "DeleteGroup", "AddUserToGroup", "RemoveUserFromGroup",
			"CreateRole", "DeleteRole", "UpdateAssumeRolePolicy",
			"CreatePolicy", "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion", "SetDefaultPolicyVersion",
			"AttachUserPolicy", "AttachGroupPolicy", "AttachRolePolicy",
			"DetachUserPolicy", "DetachGroupPolicy", "DetachRolePolicy",
			"PutUserPolicy", "PutGroupPolicy", "PutRolePolicy",
			"DeleteUserPolicy", "DeleteGroupPolicy", "DeleteRolePolicy",
			"PutUserPermissionsBoundary", "PutRolePermissionsBoundary",
			"DeleteUserPermissionsBoundary", "DeleteRolePermissionsBoundary",
			"UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy",
			"CreateSAMLProvider", "UpdateSAMLProvider", "DeleteSAMLProvider",
			"CreateOpenIDConnectProvider", "DeleteOpenIDConnectProvider",
		},
		secret: []string{"/requestParameters/accessKeyId", "/responseElements/accessKey/accessKeyId"},
	}.collector()
}
