package change

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// RepositoryKey is the one name of a repository by which systems that call it differently find each other: host and path in
// lower case, without user, port, scheme and ".git". It takes what people and tools write: https and ssh addresses, the short
// form of ssh, and host/path. Text that names no host and path gives "".
func RepositoryKey(text string) string {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "://") {
		host, path, short := strings.Cut(text, ":")
		if short && !strings.Contains(host, "/") {
			text = "ssh://" + host + "/" + path
		} else {
			text = "https://" + text
		}
	}
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	path := strings.Trim(strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), ".git"), "/")
	host := strings.ToLower(u.Hostname())
	odd := func(r rune) bool {
		return r <= ' ' || r == 0x7f || r == '%' || r == '?' || r == '#' || r == utf8.RuneError
	}
	if host == "" || path == "" || strings.ContainsFunc(host+path, odd) {
		return ""
	}
	return azureHost(host, strings.ToLower(path))
}

// azureHost joins the three ways in which one repository of Azure DevOps is written.
func azureHost(host, path string) string {
	const home = "dev.azure.com"
	parts := strings.Split(path, "/")
	if organisation, old := strings.CutSuffix(host, ".visualstudio.com"); old {
		if parts[0] == "defaultcollection" {
			parts = parts[1:]
		}
		return home + "/" + organisation + "/" + strings.Join(parts, "/")
	}
	if host == "ssh."+home && len(parts) == 4 && parts[0] == "v3" {
		return home + "/" + parts[1] + "/" + parts[2] + "/_git/" + parts[3]
	}
	return host + "/" + path
}
