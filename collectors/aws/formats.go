package aws

import (
	"fmt"
	"strings"

	"exhibit/internal/collect"
)

// roleName is what the reading role is called unless the user says otherwise.
const roleName = "exhibit-read"

// PermissionFormats lists the forms in which the permissions can be had, the plain one first.
func (Provider) PermissionFormats() []string {
	return []string{"policy", "terraform", "cloudformation", "stackset"}
}

// PermissionsAs returns the permissions in one of the forms: the policies alone; Terraform or a CloudFormation template
// that make the reading role in one account; a CloudFormation template that makes it in all accounts of an organisation.
func (p Provider) PermissionsAs(format string) (string, error) {
	all := policies(collect.Permissions(p))
	switch format {
	case "policy":
		return p.Permissions(), nil
	case "terraform":
		return terraform(all), nil
	case "cloudformation":
		return roleTemplate(all).text(), nil
	case "stackset":
		return stackSetTemplate(all).text(), nil
	}
	return "", fmt.Errorf("format %q: expected one of %s", format, strings.Join(p.PermissionFormats(), ", "))
}
