package aws

import (
	"encoding/json"
	"strings"
)

// object is a JSON object of a template; its members are written in order of their names.
type object map[string]any

// template is a CloudFormation template.
type template struct {
	AWSTemplateFormatVersion string
	Description              string
	Parameters               object
	Conditions               object `json:",omitempty"`
	Resources                object
	Outputs                  object
}

func (t template) text() string {
	t.AWSTemplateFormatVersion = "2010-09-09"
	raw, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		panic(err) // a template is made of strings
	}
	return string(raw) + "\n"
}

// roleParameters are what both templates ask for.
func roleParameters() object {
	return object{
		"RoleName": object{"Type": "String", "Default": roleName, "Description": "Name of the role."},
		"TrustedPrincipalArns": object{"Type": "CommaDelimitedList",
			"Description": "ARNs of the identities that exhibit runs as, which may take the role."},
		"ExternalId": object{"Type": "String", "MinLength": 2, "MaxLength": 1224, "AllowedPattern": `[\w+=,.@:/-]*`,
			"Description": "What must be presented to take the role: external_id in exhibit.yaml."},
	}
}

// roleTemplate makes the reading role in the account that it is deployed in. The organisation's policies are attached
// where OrganizationHome says so.
func roleTemplate(all []managed) template {
	t := template{
		Description: "The role that exhibit reads an AWS account through. It reads no data and changes nothing.",
		Parameters:  roleParameters(), Conditions: object{}, Resources: object{},
		Outputs: object{"RoleArn": object{"Description": "The role, for exhibit.yaml.",
			"Value": object{"Fn::GetAtt": []string{"ReadRole", "Arn"}}}},
	}
	var attached []any
	for _, m := range all {
		id := resourceID(m.Name)
		resource := managedPolicy(m)
		var arn any = object{"Ref": id}
		if m.Home {
			t.Parameters["OrganizationHome"] = object{"Type": "String", "Default": "false",
				"AllowedValues": []string{"true", "false"}, "Description": "true in the organization's management account " +
					"or a delegated administrator's: reads the organization too."}
			t.Conditions["IsHome"] = object{"Fn::Equals": []any{object{"Ref": "OrganizationHome"}, "true"}}
			resource["Condition"] = "IsHome"
			arn = object{"Fn::If": []any{"IsHome", arn, object{"Ref": "AWS::NoValue"}}}
		}
		t.Resources[id] = resource
		attached = append(attached, arn)
	}
	t.Resources["ReadRole"] = object{"Type": "AWS::IAM::Role", "Properties": object{
		"RoleName": object{"Ref": "RoleName"}, "Description": "exhibit reads the configuration of this account as evidence.",
		"MaxSessionDuration": 3600, "ManagedPolicyArns": attached, "AssumeRolePolicyDocument": trust(),
	}}
	return t
}

func managedPolicy(m managed) object {
	return object{"Type": "AWS::IAM::ManagedPolicy", "Properties": object{
		"ManagedPolicyName": object{"Fn::Sub": "${RoleName}-" + m.Name}, "PolicyDocument": m.policy,
	}}
}

// trust lets the identities take the role that present the external id.
func trust() object {
	return object{"Version": "2012-10-17", "Statement": []any{object{
		"Sid": "ExhibitTakesTheRole", "Effect": "Allow", "Action": "sts:AssumeRole",
		"Principal": object{"AWS": object{"Ref": "TrustedPrincipalArns"}},
		"Condition": object{"StringEquals": object{"sts:ExternalId": object{"Ref": "ExternalId"}}},
	}}}
}

// stackSetTemplate is deployed once, in the management account or an account that StackSets are delegated to. It makes
// the role in every account of the organisational units, those that join later among them, and takes it away from those
// that leave. StackSets leave the management account out: it gets the role from here, with the organisation's policies.
func stackSetTemplate(all []managed) template {
	var members []managed
	for _, m := range all {
		if !m.Home {
			members = append(members, m)
		}
	}
	t := roleTemplate(all)
	t.Description = "The role that exhibit reads an AWS organization through: here, and by a StackSet in every account."
	t.Parameters["OrganizationHome"] = object{"Type": "String", "Default": "true", "AllowedValues": []string{"true", "false"},
		"Description": "true makes the role in this account too, with what reads the organization; " +
			"false when a stack set makes it here."}
	t.Parameters["OrganizationalUnitIds"] = object{"Type": "CommaDelimitedList",
		"Description": "The organization's root (r-…) or the units (ou-…) whose accounts get the role."}
	t.Parameters["CallAs"] = object{"Type": "String", "Default": "SELF", "AllowedValues": []string{"SELF", "DELEGATED_ADMIN"},
		"Description": "DELEGATED_ADMIN when this is deployed in an account that StackSets are delegated to."}
	t.Conditions["IsHome"] = object{"Fn::Equals": []any{object{"Ref": "OrganizationHome"}, "true"}}
	for _, resource := range t.Resources {
		resource.(object)["Condition"] = "IsHome"
	}
	t.Outputs["RoleArn"].(object)["Condition"] = "IsHome"
	t.Resources["MemberRoles"] = object{"Type": "AWS::CloudFormation::StackSet", "Properties": object{
		"StackSetName": object{"Ref": "RoleName"}, "Description": "The role that exhibit reads the accounts through.",
		"PermissionModel": "SERVICE_MANAGED", "CallAs": object{"Ref": "CallAs"},
		"AutoDeployment": object{"Enabled": true, "RetainStacksOnAccountRemoval": false},
		"Capabilities":   []string{"CAPABILITY_NAMED_IAM"},
		"OperationPreferences": object{"FailureTolerancePercentage": 100, "MaxConcurrentPercentage": 100,
			"ConcurrencyMode": "SOFT_FAILURE_TOLERANCE"},
		"Parameters": []any{
			object{"ParameterKey": "RoleName", "ParameterValue": object{"Ref": "RoleName"}},
			object{"ParameterKey": "TrustedPrincipalArns",
				"ParameterValue": object{"Fn::Join": []any{",", object{"Ref": "TrustedPrincipalArns"}}}},
			object{"ParameterKey": "ExternalId", "ParameterValue": object{"Ref": "ExternalId"}},
		},
		"StackInstancesGroup": []any{object{
			"DeploymentTargets": object{"OrganizationalUnitIds": object{"Ref": "OrganizationalUnitIds"}},
			"Regions":           []any{object{"Ref": "AWS::Region"}},
		}},
		"TemplateBody": roleTemplate(members).text(),
	}}
	return t
}

// resourceID is a policy's name as CloudFormation wants ids: letters and digits.
func resourceID(name string) string {
	var b strings.Builder
	for _, word := range strings.Split(name, "-") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String() + "Policy"
}
