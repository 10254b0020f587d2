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
	if azure := strings.ToLower(u.Hostname()); azure == azureHome || strings.HasSuffix(azure, oldAzure) || azure == "ssh."+azureHome {
		u.Path = strings.ReplaceAll(u.Path, " ", "%20") // names of projects have spaces there
	}
	path := strings.Trim(strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), ".git"), "/")
	host := strings.ToLower(u.Hostname())
	odd := func(r rune) bool {
		return r <= ' ' || r == 0x7f || r == '%' || r == '?' || r == '#' || r == utf8.RuneError
	}
	if host == "" || path == "" || strings.ContainsFunc(host+strings.ReplaceAll(path, "%20", ""), odd) {
		return ""
	}
	return azureHost(host, strings.ToLower(path), strings.ToLower(u.User.Username()))
}

const (
	azureHome = "dev.azure.com"
	oldAzure  = ".visualstudio.com"
)

// azureHost joins the ways in which one repository of Azure DevOps is written. user is the organisation in the oldest form of
// an address for ssh.
func azureHost(host, path, user string) string {
	const home = azureHome
	parts := strings.Split(path, "/")
	if organisation, old := strings.CutSuffix(host, oldAzure); old {
		if organisation == "vs-ssh" {
			if len(parts) == 4 && parts[0] == "v3" {
				return home + "/" + parts[1] + "/" + parts[2] + "/_git/" + parts[3]
			}
			if len(parts) == 4 && parts[0] == "defaultcollection" && parts[2] == "_ssh" && user != "" {
				return home + "/" + user + "/" + parts[1] + "/_git/" + parts[3]
			}
			return host + "/" + path
		}
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
