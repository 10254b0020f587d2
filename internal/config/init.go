package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Found is one provider whose credentials `init` came across.
type Found struct {
	Provider string `json:"provider"`
	// Where says what was found, never its value.
	Where string `json:"where"`
}

// FindCredentials looks where the providers' own tools look. It reads no credential, only whether there is one.
func FindCredentials(getenv func(string) string) []Found {
	home := getenv("HOME")
	var out []Found
	look := func(provider string, env []string, files ...string) {
		for _, name := range env {
			if getenv(name) != "" {
				out = append(out, Found{provider, "environment variable " + name})
				return
			}
		}
		for _, f := range files {
			if home == "" {
				continue
			}
			if _, err := os.Stat(filepath.Join(home, f)); err == nil {
				out = append(out, Found{provider, "file ~/" + f})
				return
			}
		}
	}
	look("argocd", []string{"ARGOCD_AUTH_TOKEN"})
	look("jenkins", []string{"JENKINS_API_TOKEN"})
	look("aws", []string{"AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"},
		".aws/credentials", ".aws/config")
	look("gcp", []string{"GOOGLE_APPLICATION_CREDENTIALS"}, ".config/gcloud/application_default_credentials.json")
	look("azure", []string{"AZURE_CLIENT_ID", "AZURE_TENANT_ID"}, ".azure/msal_token_cache.json", ".azure/azureProfile.json")
	look("github", []string{"GITHUB_TOKEN"})
	look("gitlab", []string{"GITLAB_TOKEN"})
	look("azuredevops", []string{"AZURE_DEVOPS_EXT_PAT"})
	return out
}

// Template returns the text of a first configuration file. Sources whose credentials were found are active, as far as
// what they need is known; the others stand there as comments.
func Template(found []Found, getenv func(string) string) string {
	where := map[string]string{}
	for _, f := range found {
		where[f.Provider] = f.Where
	}
	var b strings.Builder
	b.WriteString("# What exhibit collects, and where it keeps the evidence. Unknown keys are errors.\n")
	b.WriteString("# No secret belongs here: credentials come from the environment, files or the platform.\n")
	b.WriteString("store: ./evidence.db\n\n")
	b.WriteString("# When exhibit serve collects each source, in this zone; a source may have a schedule of its own.\n")
	b.WriteString("# zone: Europe/Berlin\n")
	b.WriteString("# schedule: \"17 */6 * * *\"\n\n")
	active := 0
	sources := &strings.Builder{}
	source := func(provider, need string, lines ...string) {
		comment := "# "
		switch {
		case where[provider] != "" && need == "":
			comment = ""
			active++
			fmt.Fprintf(sources, "  # credentials: %s\n", where[provider])
		case where[provider] != "":
			fmt.Fprintf(sources, "  # credentials: %s; %s, then take the # away\n", where[provider], need)
		}
		for _, l := range lines {
			fmt.Fprintf(sources, "  %s%s\n", comment, l)
		}
	}
	source("aws", "", "- name: aws", "  aws: { regions: enabled }")
	server, need := getenv("ARGOCD_SERVER"), ""
	if server == "" {
		server, need = "argocd.example.com", "name the server"
	}
	source("argocd", need, "- name: argocd", fmt.Sprintf("  argocd: { url: %q }", "https://"+server))
	server, need = getenv("JENKINS_URL"), ""
	if server == "" {
		server, need = "https://ci.example.com", "name the controller"
	}
	source("jenkins", need, "- name: jenkins", fmt.Sprintf("  jenkins: { url: %q }", server))
	project, need := getenv("GOOGLE_CLOUD_PROJECT"), ""
	if project == "" {
		project, need = "my-project", "name the projects"
	}
	source("gcp", need, "- name: gcp", "  gcp: { projects: ["+project+"] }")
	tenant, need := getenv("AZURE_TENANT_ID"), ""
	if tenant == "" {
		tenant, need = "00000000-0000-0000-0000-000000000000", "name the tenant"
	}
	source("azure", need, "- name: azure", "  azure: { tenant: "+tenant+", subscriptions: [all] }")
	org, need := getenv("GITHUB_REPOSITORY_OWNER"), ""
	if org == "" {
		org, need = "my-organization", "name the organization"
	}
	source("github", need, "- name: github", "  github: { organization: "+org+" }")
	group, need := getenv("CI_PROJECT_ROOT_NAMESPACE"), ""
	if group == "" {
		group, need = "my-group", "name the group"
	}
	source("gitlab", need, "- name: gitlab", "  gitlab: { group: "+group+" }")
	organization, need := azureOrganization(getenv), ""
	if organization == "" {
		organization, need = "my-organization", "name the organization"
	}
	source("azuredevops", need, "- name: azuredevops", "  azuredevops: { organization: "+organization+" }")
	source("file", "", "- name: papers             # any folder of documents, CSV or JSON", "  file: { path: ./papers }")
	source("git", "", "- name: code               # a clone on this machine", "  git: { path: ./code.git }")
	if active == 0 {
		b.WriteString("# No usable credentials were found. Make sources active by taking the # away.\nsources: []\n#sources:\n")
	} else {
		b.WriteString("sources:\n")
	}
	b.WriteString(sources.String())
	b.WriteString("\n# Accepted risks, a YAML file each, reviewed like code.\n# acceptances: ./acceptances/\n" +
		"\n# People's statements for what no API proves, a YAML file each.\n# attestations: ./attestations/\n" +
		"\n# In which accounts deployments change things, so that what fails after one is told with it. First match wins.\n" +
		"# environments:\n#   - deployments: \"github:my-organization/*\"   # system:repository or pipeline\n" +
		"#     environment: production\n#     accounts: [\"aws:111122223333\"]\n")
	return b.String()
}

// azureOrganization is the organisation that a pipeline of Azure DevOps runs in, as its address tells; "" elsewhere.
func azureOrganization(getenv func(string) string) string {
	name, _ := strings.CutPrefix(getenv("SYSTEM_COLLECTIONURI"), "https://dev.azure.com/")
	name = strings.TrimSuffix(name, "/")
	if strings.ContainsFunc(name, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) {
		return ""
	}
	return name
}
