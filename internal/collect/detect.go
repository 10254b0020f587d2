package collect

import (
	"bytes"
	"regexp"
	"sort"
	"strings"

	"github.com/google/osv-scalibr/veles"
	"github.com/google/osv-scalibr/veles/secrets/anthropicapikey"
	"github.com/google/osv-scalibr/veles/secrets/awsaccesskey"
	"github.com/google/osv-scalibr/veles/secrets/circleci"
	"github.com/google/osv-scalibr/veles/secrets/digitaloceanapikey"
	"github.com/google/osv-scalibr/veles/secrets/dockerhubpat"
	"github.com/google/osv-scalibr/veles/secrets/gcpapikey"
	"github.com/google/osv-scalibr/veles/secrets/gcpoauth2access"
	"github.com/google/osv-scalibr/veles/secrets/gitlabpat"
	"github.com/google/osv-scalibr/veles/secrets/hashicorpvault"
	"github.com/google/osv-scalibr/veles/secrets/huggingfaceapikey"
	"github.com/google/osv-scalibr/veles/secrets/jwt"
	"github.com/google/osv-scalibr/veles/secrets/npmjsaccesstoken"
	"github.com/google/osv-scalibr/veles/secrets/openai"
	"github.com/google/osv-scalibr/veles/secrets/postmanapikey"
	"github.com/google/osv-scalibr/veles/secrets/pypiapitoken"
	"github.com/google/osv-scalibr/veles/secrets/sendgrid"
	"github.com/google/osv-scalibr/veles/secrets/slacktoken"
	"github.com/google/osv-scalibr/veles/secrets/stripeapikeys"
)

// rule is one detector with the literals without which it cannot find anything. Veles (the detectors of OSV-SCALIBR)
// was taken over gitleaks: one module against 63, and no cost but the literals' for a document without them.
type rule struct {
	name     string
	literals []string // nil: see userInURL
	veles.Detector
}

// minSecret is the length below which a JSON string, quotes included, holds no secret that a rule would know.
const minSecret = 14

// detector finds secrets by their own shape, wherever they stand.
type detector struct {
	rules []rule
	scan  *literals
}

func newDetector() *detector {
	d := &detector{rules: rules()}
	var all []string
	for _, r := range d.rules {
		all = append(all, r.literals...)
	}
	d.scan = newLiterals(append(all, "://"))
	return d
}

func rules() []rule {
	return []rule{
		{"aws-access-key", []string{"AKIA", "ASIA"}, awsaccesskey.NewDetector()},
		{"private-key", []string{"PRIVATE KEY-----"}, shape(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----`)},
		{"jwt", []string{"eyJ"}, jwt.NewDetector()},
		{"url-credentials", nil, urlCredentials()},
		{"azure-storage-key", []string{"ccountKey", "ccount_key", "ACCOUNT_KEY"}, azureKey()},
		{"gcp-api-key", []string{"AIzaSy"}, gcpapikey.NewDetector()},
		{"gcp-oauth2-token", []string{"ya29."}, gcpoauth2access.NewDetector()},
		{"gcp-oauth2-secret", []string{"GOCSPX-"}, shape(`\bGOCSPX-[a-zA-Z0-9_-]{28}`)},
		{"github-token", []string{"ghs_", "ghu_", "ghr_", "gho_", "ghp_", "github_pat_"}, gitHubToken()},
		{"gitlab-token", []string{"glpat-"}, gitlabpat.NewDetector()},
		{"vault-token", []string{"hvs.", "hvb."}, hashicorpvault.NewTokenDetector()},
		{"slack-token", []string{"xapp-"}, slacktoken.NewAppLevelTokenDetector()},
		{"slack-token", []string{"xoxe"}, slacktoken.NewAppConfigAccessTokenDetector()},
		{"slack-token", []string{"xoxb-", "xoxp-", "xoxa-", "xoxr-"}, shape(`\bxox[abpr]-[0-9]{6,}-[0-9A-Za-z-]{16,}`)},
		{"slack-webhook", []string{"hooks.slack.com/"}, slackWebhook()},
		{"stripe-key", []string{"sk_live_"}, stripeapikeys.NewSecretKeyDetector()},
		{"stripe-key", []string{"rk_live_"}, stripeapikeys.NewRestrictedKeyDetector()},
		{"stripe-webhook", []string{"whsec_"}, stripeapikeys.NewWebhookSecretDetector()},
		{"sendgrid-key", []string{"SG."}, sendgrid.NewDetector()},
		{"npm-token", []string{"npm_"}, npmjsaccesstoken.NewDetector()},
		{"pypi-token", []string{"pypi-"}, pypiapitoken.NewDetector()},
		{"docker-token", []string{"dckr_pat_"}, dockerhubpat.NewDetector()},
		{"openai-key", []string{"T3BlbkFJ"}, openai.NewDetector()},
		{"anthropic-key", []string{"sk-ant-"}, anthropicapikey.NewDetector()},
		{"huggingface-token", []string{"hf_"}, huggingfaceapikey.NewDetector()},
		{"digitalocean-token", []string{"dop_v1_"}, digitaloceanapikey.NewDetector()},
		{"circleci-token", []string{"CCIPAT_"}, circleci.NewPersonalAccessTokenDetector()},
		{"circleci-token", []string{"CCIPRJ_"}, circleci.NewProjectTokenDetector()},
		{"postman-key", []string{"PMAK-"}, postmanapikey.NewAPIKeyDetector()},
	}
}

// suspects reports whether any rule could find something in the text: the one question that every document is asked.
func (d *detector) suspects(text []byte) bool {
	return d.scan.any(text, func(at int, literal string) bool { return literal != "://" || userInURL(text[at:]) })
}

func (r *rule) possible(text []byte) bool {
	if r.literals == nil {
		return userInURL(text)
	}
	for _, l := range r.literals {
		if bytes.Contains(text, []byte(l)) {
			return true
		}
	}
	return false
}

// userInURL reports whether an @ stands where a URL's host begins. Evidence is full of URLs without.
func userInURL(text []byte) bool {
	for {
		i := bytes.Index(text, []byte("://"))
		if i < 0 {
			return false
		}
		text = text[i+3:]
		for n, c := range text[:min(len(text), 512)] {
			if c == '@' && n > 0 {
				return true
			}
			if c == '/' || c == '?' || c == '#' || c <= ' ' || c == '"' || c == '\\' {
				break
			}
		}
	}
}

// find returns the rule that finds a secret in the text, or "".
func (d *detector) find(text string) string {
	if len(text) < minSecret {
		return ""
	}
	return d.findAll([]span{{text: text}})[0]
}

// findAll returns for each text the rule that found a secret in it, or "". They are looked at together, because an
// access key's two halves often stand in two strings.
func (d *detector) findAll(texts []span) []string {
	var all []byte
	ends := make([]int, len(texts))
	for i, t := range texts {
		all = append(append(all, t.text...), '\n')
		ends[i] = len(all)
	}
	found := make([]string, len(texts))
	for i := range d.rules {
		r := &d.rules[i]
		if !r.possible(all) {
			continue
		}
		secrets, positions := r.Detect(all)
		for j, p := range positions {
			at := sort.SearchInts(ends, p+1)
			found[at] = r.name
			if pair, ok := secrets[j].(awsaccesskey.Credentials); ok {
				for k, t := range texts {
					if strings.Contains(t.text, pair.Secret) || strings.Contains(t.text, pair.AccessID) {
						found[k] = r.name
					}
				}
			}
		}
	}
	return found
}

// pattern is a rule of our own where no detector of the library fits.
type pattern struct{ re *regexp.Regexp }

// shape returns a detector of all that the expression matches.
func shape(expr string) veles.Detector { return pattern{regexp.MustCompile(expr)} }

// urlCredentials finds user:password@ in URLs. The library's own detector would bring an SSH client with its
// validators.
func urlCredentials() veles.Detector {
	return shape(`[a-zA-Z][a-zA-Z0-9+.-]*://[^\s:@/?#"']+:[^\s@/?#"']+@[^\s@]`)
}

// gitHubToken finds tokens by their shape alone: the library's detectors pass over one whose checksum is wrong, but a
// mistyped or made-up token in evidence is treated like any other.
func gitHubToken() veles.Detector {
	return shape(`\b(?:gh[opsur]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255})`)
}

// slackWebhook finds addresses that whoever has them may post to.
func slackWebhook() veles.Detector {
	return shape(`hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/_-]{20,}`)
}

// azureKey finds a storage account's key in a connection string.
func azureKey() veles.Detector { return shape(`(?i)account_?key\s*[=:]\s*[a-z0-9+/]{40,}={0,2}`) }

// MaxSecretLen implements veles.Detector.
func (pattern) MaxSecretLen() uint32 { return 4 << 10 }

// Detect implements veles.Detector.
func (p pattern) Detect(data []byte) ([]veles.Secret, []int) {
	var secrets []veles.Secret
	var positions []int
	for _, m := range p.re.FindAllIndex(data, -1) {
		secrets = append(secrets, struct{}{})
		positions = append(positions, m[0])
	}
	return secrets, positions
}
