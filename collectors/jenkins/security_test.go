package jenkins

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestReadSecurity(t *testing.T) {
	const rest = "unclassified: {}\n"
	for name, tt := range map[string]struct{ export, want string }{
		"own accounts, everybody signed in": {
			"jenkins:\n  authorizationStrategy:\n    loggedInUsersCanDoAnything:\n      allowAnonymousRead: false\n" +
				"  securityRealm:\n    local:\n      allowsSignup: true\n      users:\n      - id: a\n        password: CANARY\n" + rest,
			`{"authorizationStrategy":{"allowAnonymousRead":false,"kind":"loggedInUsersCanDoAnything"},` +
				`"securityRealm":{"allowsSignup":true,"kind":"local"}}`},
		"names alone": {
			"jenkins:\n  disableRememberMe: true\n  authorizationStrategy: unsecured\n  securityRealm: none\n  crumbIssuer: standard\n" + rest,
			`{"authorizationStrategy":{"kind":"unsecured"},"crumbIssuer":{"kind":"standard"},"disableRememberMe":true,` +
				`"securityRealm":{"kind":"none"}}`},
		"could not be exported": {
			"jenkins:\n  authorizationStrategy: unsecured\n  securityRealm: |-\n    FAILED TO EXPORT\n    hudson.model.Hudson#x\n" + rest,
			"securityRealm: it could not be exported"},
		"no strategy":      {"jenkins:\n  securityRealm: none\n" + rest, "it has no authorizationStrategy"},
		"two at once":      {"jenkins:\n  authorizationStrategy: {a: {}, b: {}}\n  securityRealm: none\n" + rest, "several names"},
		"a list":           {"jenkins:\n  authorizationStrategy: [a]\n  securityRealm: none\n" + rest, "it has no name"},
		"cut":              {"jenkins:\n  authorizationStrategy: unsecured\n  securityRealm: none\n", "ends too early"},
		"another document": {"secret: CANARY\n", "it is no configuration"},
		"no document":      {"\tCANARY: [", "it is no configuration"},
	} {
		got, err := readSecurity([]byte(tt.export))
		text := ""
		if err != nil {
			text = err.Error()
		} else {
			raw, _ := json.Marshal(got)
			text = string(raw)
		}
		if !strings.Contains(text, tt.want) || strings.Contains(text, "CANARY") {
			t.Errorf("%s: %s, want %s", name, text, tt.want)
		}
	}
}
