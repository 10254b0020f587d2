package config

import (
	"path"
	"strings"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/strictyaml"
)

// parseClaims reads what an issuer's tokens must say. One claim at least must say whose the pipeline is, because the
// whole world has tokens of an issuer like GitHub's, for any audience it asks for.
func parseClaims(file, issuer string, rule, n *yaml.Node) (map[string]string, error) {
	if !n.IsZero() && n.Kind != yaml.MappingNode {
		return nil, strictyaml.Errors{strictyaml.At(file, n, "claims: expected a mapping such as { repository: acme/shop }")}
	}
	claims := map[string]string{}
	var errs strictyaml.Errors
	bound := false
	for i := 0; i+1 < len(n.Content); i += 2 {
		claim, value := n.Content[i], n.Content[i+1]
		_, err := path.Match(value.Value, "")
		switch {
		case value.Kind != yaml.ScalarNode, err != nil, strings.Trim(value.Value, "*/:") == "":
			errs = append(errs, strictyaml.At(file, value,
				"issuer %s: claims: %s %q would take everything or nothing: expected a value", issuer, claim.Value, value.Value))
		case claim.Value == "iss", claim.Value == "aud":
			errs = append(errs, strictyaml.At(file, claim, "issuer %s: claims: %s: it stands beside claims", issuer,
				claim.Value))
		}
		claims[claim.Value] = value.Value
		bound = bound || !anybodys(claim.Value) && fixesOwner(value.Value)
	}
	if len(errs) == 0 && !bound {
		at := n
		if n.IsZero() {
			at = rule
		}
		errs = append(errs, strictyaml.At(file, at, "issuer %s: expected a claim that says whose the pipeline is, such as "+
			"repository: acme/* or project_path: acme/*: others have tokens of this issuer, too", issuer))
	}
	return claims, errs.Or()
}

// anybodys reports whether everybody's pipelines can have a token with any value of the claim. A called workflow
// (job_workflow_ref) and an included configuration are of those who wrote them, not of those who run them; and who
// started a run can start runs elsewhere.
func anybodys(claim string) bool {
	switch claim {
	case "exp", "iat", "nbf", "jti", "typ", "azp", "nonce", "auth_time",
		"ref", "ref_type", "ref_path", "ref_protected", "base_ref", "head_ref", "sha", "event_name", "repository_visibility",
		"environment", "environment_protected", "environment_action", "deployment_tier", "deployment_action",
		"run_id", "run_number", "run_attempt", "runner_environment", "runner_id", "workflow", "workflow_sha",
		"job_workflow_ref", "job_workflow_sha", "actor", "actor_id",
		"pipeline_id", "pipeline_source", "job_id", "job_source", "project_visibility", "ci_config_ref_uri",
		"ci_config_sha",
		"user_id", "user_login", "user_email", "user_access_level", "user_identities", "groups_direct":
		return true
	}
	return false
}

// fixesOwner reports whether all texts that are like the pattern name one owner: it has no placeholder, or only after the
// owner, as in acme/*, repo:acme/*, organization:acme:* and p://acme/*.
func fixesOwner(pattern string) bool {
	i := strings.IndexAny(pattern, `*?[\`)
	if i < 0 {
		return true
	}
	fixed := strings.TrimPrefix(pattern[:i], "p://") // Azure Pipelines
	if before, _, ok := strings.Cut(fixed, "/"); ok {
		return before[strings.LastIndexByte(before, ':')+1:] != ""
	}
	parts := strings.Split(fixed, ":")
	return len(parts) > 2 && parts[1] != ""
}
