package aws

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"exhibit/internal/collect"
)

// section is the provider's part of exhibit.yaml.
type section struct {
	// Profile is one of the shared configuration's; empty is the default credential chain.
	Profile string `yaml:"profile"`
	// Role is taken before anything is asked. For one account it is an ARN; for several a name, with its path if it has
	// one, or an ARN with {partition} and {account} in it.
	Role string `yaml:"role"`
	// ExternalID is presented to every role, and SessionName is what their accounts' logs call us.
	ExternalID  string `yaml:"external_id"`
	SessionName string `yaml:"session_name"`
	// Accounts are collected one by one through Role; empty is the caller's own.
	Accounts []string `yaml:"accounts"`
	// Organization collects every account of the organisation that the caller manages, or is delegated to see.
	Organization bool `yaml:"organization"`
	// Units narrows that to the accounts beneath these units or roots.
	Units []string `yaml:"organizational_units"`
	// Exclude leaves accounts out, each for the reason given.
	Exclude map[string]string `yaml:"exclude_accounts"`
	// Regions is "enabled", which is the default, or a list.
	Regions any `yaml:"regions"`
	// Inventory is "off", which is the default, or one or a list of "config", every resource that AWS Config records, and
	// "cloudcontrol", every resource that Cloud Control lists.
	Inventory any `yaml:"inventory"`
	// Endpoint replaces all of AWS's hosts, as AWS_ENDPOINT_URL does.
	Endpoint string `yaml:"endpoint"`

	regions   []string // nil is all that are enabled
	inventory []string
}

// readConfig reads the section.
func readConfig(decode func(any) error) (s section, err error) {
	if err := decode(&s); err != nil {
		return s, err
	}
	return s, s.check()
}

// many reports whether accounts are entered one by one.
func (s *section) many() bool { return s.Organization || len(s.Accounts) > 0 }

// check reads what YAML's types cannot say.
func (s *section) check() error {
	for _, err := range []error{s.checkRegions(), s.checkInventory(), s.checkAccounts(), s.checkOrganization(), s.checkRole()} {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *section) checkRegions() error {
	switch v := s.Regions.(type) {
	case nil:
	case string:
		if v != "enabled" {
			return fmt.Errorf(`regions: %q is neither "enabled" nor a list of regions`, v)
		}
	case []any:
		for _, r := range v {
			name, ok := r.(string)
			if !ok || name == "" {
				return fmt.Errorf("regions: %v is no region's name", r)
			}
			if slices.Contains(s.regions, name) {
				return fmt.Errorf("regions: %s is named twice", name)
			}
			s.regions = append(s.regions, name)
		}
	default:
		return fmt.Errorf(`regions: %v is neither "enabled" nor a list of regions`, v)
	}
	return nil
}

func (s *section) checkInventory() error {
	named, ok := s.Inventory.([]any)
	if !ok && s.Inventory != nil && s.Inventory != "off" {
		named = []any{s.Inventory}
	}
	for _, v := range named {
		kind, _ := v.(string)
		if kind != "config" && kind != "cloudcontrol" {
			return fmt.Errorf(`inventory: %v is neither "off", "config" nor "cloudcontrol"`, v)
		}
		if s.inventories(kind) {
			return fmt.Errorf("inventory: %s is named twice", kind)
		}
		s.inventory = append(s.inventory, kind)
	}
	return nil
}

// inventories reports whether an inventory is asked for.
func (s *section) inventories(kind string) bool { return slices.Contains(s.inventory, kind) }

// wants reports whether a collector is asked for: an inventory where that is off would read as one of nothing.
func (s *section) wants(c collect.Collector) bool {
	switch c.Type() {
	case inventoryType:
		return s.inventories("config")
	case cloudControlType:
		return s.inventories("cloudcontrol")
	}
	return true
}

var (
	accountID   = regexp.MustCompile(`^[0-9]{12}$`)
	unitID      = regexp.MustCompile(`^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32})$`)
	sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
)

func (s *section) checkAccounts() error {
	for i, account := range s.Accounts {
		if !accountID.MatchString(account) {
			return fmt.Errorf("accounts: %q is no account's id, which has 12 digits; quote those that begin with 0", account)
		}
		if slices.Contains(s.Accounts[:i], account) {
			return fmt.Errorf("accounts: %s is named twice", account)
		}
	}
	return nil
}

func (s *section) checkOrganization() error {
	switch {
	case s.Organization && len(s.Accounts) > 0:
		return errors.New("accounts: organization asks for all accounts; name those to leave out in exclude_accounts")
	case !s.Organization && len(s.Units) > 0:
		return errors.New("organizational_units: they narrow what organization asks for, which is not set")
	case !s.Organization && len(s.Exclude) > 0:
		return errors.New("exclude_accounts: they are left out of what organization asks for, which is not set")
	}
	for _, unit := range s.Units {
		if !unitID.MatchString(unit) {
			return fmt.Errorf("organizational_units: %q is neither a unit's id (ou-…) nor a root's (r-…)", unit)
		}
	}
	for account, reason := range s.Exclude {
		if !accountID.MatchString(account) {
			return fmt.Errorf("exclude_accounts: %q is no account's id, which has 12 digits", account)
		}
		if strings.TrimSpace(reason) == "" {
			return fmt.Errorf("exclude_accounts: %s needs a reason, which auditors will read", account)
		}
	}
	return nil
}

func (s *section) checkRole() error {
	switch {
	case s.Role == "" && s.Organization:
		return errors.New("organization: a role is needed to enter its accounts")
	case s.Role == "" && len(s.Accounts) > 0:
		return errors.New("accounts: a role is needed to enter other accounts")
	case s.Role == "" && s.ExternalID != "":
		return errors.New("external_id: a role is needed to present it to")
	case s.Role == "" && s.SessionName != "":
		return errors.New("session_name: a role is needed to have a session")
	case s.SessionName != "" && !sessionName.MatchString(s.SessionName):
		return fmt.Errorf("session_name: %q is none: 2 to 64 letters, digits or any of _+=,.@-", s.SessionName)
	case s.many() && strings.HasPrefix(s.Role, "arn:") && !strings.Contains(s.Role, "{account}"):
		return fmt.Errorf("role: %s is in one account; write {account} where its id stands, or the role's name alone", s.Role)
	case !s.many() && s.Role != "" && (!strings.HasPrefix(s.Role, "arn:") || strings.Contains(s.Role, "{")):
		return fmt.Errorf("role: %q is no ARN, and no other account is asked for", s.Role)
	}
	return nil
}

// roleIn returns the ARN of the role in an account.
func (s *section) roleIn(partition, account string) string {
	role := s.Role
	if !strings.HasPrefix(role, "arn:") {
		role = "arn:{partition}:iam::{account}:role/" + strings.TrimPrefix(role, "/")
	}
	return strings.NewReplacer("{partition}", partition, "{account}", account).Replace(role)
}
