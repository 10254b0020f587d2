package jenkins

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// securityDoc is what is kept of the exported configuration. kind is the name by which it is configured: of the realm
// "local" (Jenkins's own accounts), "ldap", "saml", "oic" and others, of the strategy "unsecured", "legacy",
// "loggedInUsersCanDoAnything", "globalMatrix", "projectMatrix", "roleBased" and others.
type securityDoc struct {
	SecurityRealm struct {
		Kind         string `json:"kind"`
		AllowsSignup *bool  `json:"allowsSignup"`
	} `json:"securityRealm"`
	AuthorizationStrategy struct {
		Kind               string `json:"kind"`
		AllowAnonymousRead *bool  `json:"allowAnonymousRead"`
		// Permissions are a matrix as older versions write it, "Overall/Read:anonymous".
		Permissions []string `json:"permissions"`
		// Entries are a matrix.
		Entries []struct {
			User  *grantee `json:"user"`
			Group *grantee `json:"group"`
		} `json:"entries"`
		Roles struct {
			Global []struct {
				Name        string   `json:"name"`
				Permissions []string `json:"permissions"`
				Assignments []string `json:"assignments"`
				Entries     []struct {
					User  string `json:"user"`
					Group string `json:"group"`
				} `json:"entries"`
			} `json:"global"`
		} `json:"roles"`
	} `json:"authorizationStrategy"`
	CrumbIssuer struct {
		Kind string `json:"kind"`
	} `json:"crumbIssuer"`
	DisableRememberMe bool `json:"disableRememberMe"`
}

type grantee struct {
	Name        string   `json:"name"`
	Permissions []string `json:"permissions"`
}

// rootKey finds a key at the outermost level. Jenkins's own part is never the last: that it is whole is known by what follows.
var rootKey = regexp.MustCompile(`(?m)^[A-Za-z]`)

// readSecurity reads the parts of an export that are kept, in the shape of securityDoc and with more in it. A part that
// Jenkins could not export is an error, for what it says then stands in the part's place.
func readSecurity(body []byte) (map[string]any, error) {
	var export struct {
		Jenkins map[string]any `yaml:"jenkins"`
	}
	if err := yaml.Load(body, &export); err != nil || export.Jenkins == nil {
		return nil, errors.New("read the export: it is no configuration") // the error would quote it
	}
	if _, after, ok := bytes.Cut(append([]byte("\n"), body...), []byte("\njenkins:")); !ok || !rootKey.Match(after) {
		return nil, errors.New("read the export: it ends too early")
	}
	out := map[string]any{}
	for _, part := range []string{"securityRealm", "authorizationStrategy", "crumbIssuer"} {
		v, ok := export.Jenkins[part]
		switch {
		case !ok && part == "crumbIssuer":
			continue // there is none
		case !ok:
			return nil, fmt.Errorf("read the export: it has no %s", part)
		}
		kind, more, err := configured(v)
		if err != nil {
			return nil, fmt.Errorf("read the export: %s: %w", part, err)
		}
		kept := map[string]any{"kind": kind}
		switch signup, ok := more["allowsSignup"].(bool); {
		case part == "securityRealm" && ok:
			kept["allowsSignup"] = signup
		case part == "authorizationStrategy":
			more["kind"] = kind
			kept = more
		}
		out[part] = kept
	}
	if off, ok := export.Jenkins["disableRememberMe"].(bool); ok {
		out["disableRememberMe"] = off
	}
	raw, err := json.Marshal(out) // the types are JSON's from here on
	if err != nil {
		return nil, errors.New("read the export: it is no configuration")
	}
	var typed map[string]any
	if err := json.Unmarshal(raw, &typed); err != nil {
		return nil, errors.New("read the export: it is no configuration")
	}
	return typed, nil
}

// configured splits what is written as a name, or as a name with settings beneath it.
func configured(v any) (kind string, more map[string]any, err error) {
	switch v := v.(type) {
	case string:
		if strings.HasPrefix(v, "FAILED TO EXPORT") {
			return "", nil, errors.New("it could not be exported")
		}
		return v, map[string]any{}, nil
	case map[string]any:
		for name, settings := range v {
			if len(v) > 1 {
				return "", nil, errors.New("it has several names")
			}
			more, _ := settings.(map[string]any)
			if more == nil {
				more = map[string]any{}
			}
			return name, more, nil
		}
	}
	return "", nil, errors.New("it has no name")
}
