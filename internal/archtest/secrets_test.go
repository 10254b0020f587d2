package archtest

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// credentials are shapes that a real secret has. The documented examples of providers, and what fixtures make up, carry a
// mark that no real one has.
var credentials = map[string]*regexp.Regexp{
	"AWS access key":     regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`),
	"private key":        regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{60}`),
	"note signing key":   regexp.MustCompile(`PRIVATE\+KEY\+[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{40,}`),
	"GitHub token":       regexp.MustCompile(`\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{50,})\b`),
	"Slack token":        regexp.MustCompile(`\bxox[abprs]-[0-9A-Za-z-]{20,}`),
	"Google API key":     regexp.MustCompile(`\bAIza[0-9A-Za-z_-]{35}\b`),
	"Azure storage key":  regexp.MustCompile(`AccountKey=[A-Za-z0-9+/]{80,}==`),
	"JSON web token":     regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}`),
	"password in an URL": regexp.MustCompile(`\b[a-z][a-z0-9+]*://[^\s/:@"']{3,}:[^\s/:@"'{}$]{6,}@[a-z0-9.-]+\.[a-z]{2,}`),
	"path of a machine":  regexp.MustCompile(`(?:/home|/Users)/[a-z][a-z0-9_-]{2,}/`),
}

// marks say that a value is made up.
var marks = []string{"EXAMPLE", "CANARY", "FIXTURE", "SIMULATED", "AKIASIMC"}

// TestNoCredentials scans the whole tree, fixtures and recordings first of all.
func TestNoCredentials(t *testing.T) {
	scanned := 0
	for _, p := range treeFiles(t) {
		if p == "internal/archtest/secrets_test.go" {
			continue
		}
		data := read(t, p)
		if !utf8.Valid(data) {
			continue // archives are scanned before they are packed
		}
		scanned++
		for kind, re := range credentials {
		hits:
			for _, hit := range re.FindAllString(string(data), -1) {
				for _, m := range marks {
					if strings.Contains(hit, m) {
						continue hits
					}
				}
				t.Errorf("%s: looks like a real %s: %.24s…", p, kind, hit)
			}
		}
	}
	if scanned < 50 {
		t.Errorf("scanned only %d files", scanned)
	}
}

// TestScanFinds proves that the scan above can fail.
func TestScanFinds(t *testing.T) {
	for kind, secret := range map[string]string{
		"AWS access key": "AKIA" + "Q3EGWPYV5T2ZKLM7",
		"GitHub token":   "ghp_" + strings.Repeat("a1B2", 9),
		"private key":    "-----BEGIN RSA " + "PRIVATE KEY-----\n" + strings.Repeat("Ab1/", 16),
	} {
		if !credentials[kind].MatchString("x = '" + secret + "'") {
			t.Errorf("does not find a %s", kind)
		}
	}
}
