package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTemplate holds that every file that init may write can be read back.
func TestTemplate(t *testing.T) {
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".aws", "config"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	all := []string{"aws", "gcp", "azure", "github", "gitlab", "azuredevops", "file"}
	for _, tc := range []struct {
		name string
		env  map[string]string
		want []string
	}{
		{"nothing", nil, nil},
		{"servers", map[string]string{"ARGOCD_AUTH_TOKEN": "FIXTURE-token", "ARGOCD_SERVER": "argocd.shop.example:8443",
			"JENKINS_API_TOKEN": "FIXTURE-token", "JENKINS_URL": "https://ci.shop.example/"}, []string{"argocd", "jenkins"}},
		{"needs a server", map[string]string{"ARGOCD_AUTH_TOKEN": "x"}, nil},
		{"a file", map[string]string{"HOME": home}, []string{"aws"}},
		{"needs a project", map[string]string{"GOOGLE_APPLICATION_CREDENTIALS": "x"}, nil},
		{"everything", map[string]string{"AWS_PROFILE": "x", "GOOGLE_APPLICATION_CREDENTIALS": "x", "GOOGLE_CLOUD_PROJECT": "shop",
			"AZURE_TENANT_ID": "x", "GITHUB_TOKEN": "FIXTURE-token", "GITHUB_REPOSITORY_OWNER": "shop",
			"GITLAB_TOKEN": "FIXTURE-token", "CI_PROJECT_ROOT_NAMESPACE": "shop",
			"AZURE_DEVOPS_EXT_PAT": "FIXTURE-token", "SYSTEM_COLLECTIONURI": "https://dev.azure.com/shop/"},
			[]string{"aws", "gcp", "azure", "github", "gitlab", "azuredevops"}},
		{"an organization that nothing names", map[string]string{"AZURE_DEVOPS_EXT_PAT": "FIXTURE-token",
			"SYSTEM_COLLECTIONURI": "https://devops.example.com/tfs/shop/"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			getenv := func(k string) string { return tc.env[k] }
			text := Template(FindCredentials(getenv), getenv)
			c, err := Parse("exhibit.yaml", []byte(text), append(all, "argocd", "jenkins"))
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			var got []string
			for _, s := range c.Sources {
				got = append(got, s.Name)
			}
			if strings.Join(got, " ") != strings.Join(tc.want, " ") {
				t.Errorf("active sources %v, want %v\n%s", got, tc.want, text)
			}
			if strings.Contains(text, "FIXTURE-token") {
				t.Error("a credential's value stands in the file")
			}
		})
	}
}
