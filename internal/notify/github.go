package notify

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"exhibit/internal/evidence"
	"exhibit/internal/secret"
)

// GitHub keeps tickets as issues. A message's To is the repository, "owner/name". The token may write issues there.
type GitHub struct{ api *rest }

// issueLabel is on every issue that is opened here, so that they are found again.
const issueLabel = "exhibit"

// NewGitHub returns a GitHub. base is the API's address; empty is api.github.com.
func NewGitHub(base string, token secret.String, transport http.RoundTripper) (*GitHub, error) {
	if base == "" {
		base = "https://api.github.com"
	}
	api, err := newRest("GitHub", base, http.Header{
		"Authorization": {"Bearer " + token.Reveal()}, "Accept": {"application/vnd.github+json"},
		"X-Github-Api-Version": {"2022-11-28"}, "User-Agent": {"exhibit"},
	}, transport)
	return &GitHub{api}, err
}

// issue is what is read of one.
type issue struct {
	Number      int       `json:"number"`
	Body        string    `json:"body"`
	State       string    `json:"state"`
	Address     string    `json:"html_url"`
	PullRequest *struct{} `json:"pull_request"`
}

// Deliver opens, updates or closes the issue with the ticket's key, and returns its address. An issue that is there is not
// opened again, what was said is not said again, and one that people closed is opened again only when the ticket is.
func (g *GitHub) Deliver(ctx context.Context, m evidence.Message) (string, error) {
	if m.Ticket == nil {
		return "", forever(fmt.Errorf("GitHub: message %s is about no ticket", m.Key))
	}
	owner, name, ok := strings.Cut(m.To, "/")
	if !ok || strings.Contains(name, "/") {
		return "", forever(fmt.Errorf("GitHub: repository %q: expected owner/name", m.To))
	}
	repo := "/repos/" + url.PathEscape(owner) + "/" + url.PathEscape(name) + "/issues"
	found, err := g.find(ctx, repo, m.Ticket.Key)
	if err != nil {
		return "", err
	}
	switch {
	case found == nil && m.Ticket.Action == evidence.TicketClose:
		return "there is no such issue", nil
	case found == nil:
		return g.open(ctx, repo, m)
	}
	at := repo + "/" + strconv.Itoa(found.Number)
	if m.Ticket.Action == evidence.TicketOpen && found.State == "open" {
		return found.Address, nil
	}
	if !strings.Contains(found.Body, marker(m.Key)) { // else it was opened by this very message
		if err := g.comment(ctx, at, m); err != nil {
			return "", err
		}
	}
	if state := map[string]string{evidence.TicketOpen: "open", evidence.TicketClose: "closed"}[m.Ticket.Action]; state != "" && state != found.State {
		if err := g.api.ask(ctx, http.MethodPatch, at, map[string]string{"state": state}, nil); err != nil {
			return "", err
		}
	}
	return found.Address, nil
}

// find looks for the issue with the key. Issues are listed and not searched for: the index of the search lags behind.
func (g *GitHub) find(ctx context.Context, repo, key string) (*issue, error) {
	for page := 1; ; page++ {
		var issues []issue
		path := fmt.Sprintf("%s?labels=%s&state=all&per_page=100&page=%d", repo, issueLabel, page)
		if err := g.api.ask(ctx, http.MethodGet, path, nil, &issues); err != nil {
			return nil, err
		}
		for i := range issues {
			if issues[i].PullRequest == nil && strings.Contains(issues[i].Body, marker(key)) {
				return &issues[i], nil
			}
		}
		if len(issues) < 100 {
			return nil, nil
		}
	}
}

func (g *GitHub) open(ctx context.Context, repo string, m evidence.Message) (string, error) {
	in := map[string]any{"title": oneLine(m.Subject), "body": m.Text + "\n\n" + marker(m.Ticket.Key) + marker(m.Key),
		"labels": append([]string{issueLabel}, m.Ticket.Labels...)}
	if m.Ticket.Assignee != "" {
		in["assignees"] = []string{strings.TrimPrefix(m.Ticket.Assignee, "@")}
	}
	var made issue
	err := g.api.ask(ctx, http.MethodPost, repo, in, &made)
	return made.Address, err
}

// comment says the message's text, unless it stands there already.
func (g *GitHub) comment(ctx context.Context, at string, m evidence.Message) error {
	for page := 1; ; page++ {
		var comments []struct {
			Body string `json:"body"`
		}
		if err := g.api.ask(ctx, http.MethodGet, fmt.Sprintf("%s/comments?per_page=100&page=%d", at, page), nil, &comments); err != nil {
			return err
		}
		for _, c := range comments {
			if strings.Contains(c.Body, marker(m.Key)) {
				return nil
			}
		}
		if len(comments) < 100 {
			break
		}
	}
	return g.api.ask(ctx, http.MethodPost, at+"/comments", map[string]string{"body": m.Text + "\n\n" + marker(m.Key)}, nil)
}

// marker is a comment that readers do not see, by which an issue or what was said in it is known again. It holds the digest of the key,
// so that no key ends it.
func marker(key string) string {
	return "<!-- exhibit " + uuidOf(key) + " -->"
}
