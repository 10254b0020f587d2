package notify

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"exhibit/internal/evidence"
	"exhibit/internal/secret"
)

// Jira keeps tickets as issues of a project, in Jira Cloud (with a User) or a Jira of one's own (without). A message's To is the
// project's key.
type Jira struct {
	api  *rest
	o    JiraOptions
	path string // of the API's version
}

// JiraOptions configure NewJira.
type JiraOptions struct {
	// URL is "https://shop.atlassian.net".
	URL string
	// User is the account's address in Jira Cloud; with none the token is a personal one of a Jira of one's own.
	User  string
	Token secret.String
	// Type is the type of new issues. Default: Task. Done is the transition, or the status, that closes one. Default: Done.
	Type string
	Done string
	// Reopen is the transition, or the status, that opens a closed one again. Default: To Do.
	Reopen string
}

// NewJira checks the options. It does not connect.
func NewJira(o JiraOptions, transport http.RoundTripper) (*Jira, error) {
	for value, usual := range map[*string]string{&o.Type: "Task", &o.Done: "Done", &o.Reopen: "To Do"} {
		if *value == "" {
			*value = usual
		}
	}
	auth, path := "Bearer "+o.Token.Reveal(), "/rest/api/2"
	if o.User != "" {
		auth = "Basic " + base64.StdEncoding.EncodeToString([]byte(o.User+":"+o.Token.Reveal()))
		path = "/rest/api/3"
	}
	api, err := newRest("Jira", o.URL, http.Header{"Authorization": {auth}, "Accept": {"application/json"}}, transport)
	return &Jira{api, o, path}, err
}

// jiraIssue is what is read of one.
type jiraIssue struct {
	Key    string `json:"key"`
	Fields struct {
		Status struct {
			Name     string `json:"name"`
			Category struct {
				Key string `json:"key"` // "done" for what is closed
			} `json:"statusCategory"`
		} `json:"status"`
	} `json:"fields"`
}

// Deliver opens, updates or closes the issue with the ticket's key, and returns its address. An issue that is there is not
// opened again, and what was said is not said again.
func (j *Jira) Deliver(ctx context.Context, m evidence.Message) (string, error) {
	if m.Ticket == nil {
		return "", forever(fmt.Errorf("Jira: message %s is about no ticket", m.Key))
	}
	found, err := j.find(ctx, m.To, m.Ticket.Key)
	if err != nil {
		return "", err
	}
	if found == nil && m.Ticket.Action == evidence.TicketClose {
		return "there is no such issue", nil
	}
	if found == nil {
		return j.open(ctx, m)
	}
	closed := found.Fields.Status.Category.Key == "done"
	if m.Ticket.Action == evidence.TicketOpen && !closed {
		return j.address(found.Key), nil
	}
	if err := j.comment(ctx, found.Key, m); err != nil {
		return "", err
	}
	switch {
	case m.Ticket.Action == evidence.TicketClose && !closed:
		err = j.move(ctx, found.Key, j.o.Done)
	case m.Ticket.Action == evidence.TicketOpen && closed:
		err = j.move(ctx, found.Key, j.o.Reopen)
	}
	return j.address(found.Key), err
}

func (j *Jira) address(key string) string { return j.api.base.String() + "/browse/" + key }

// label marks the issue of a ticket: a digest, as labels hold no spaces.
func label(key string) string { return "exhibit-" + uuidOf(key) }

// find looks for the issue with the key, by its label.
func (j *Jira) find(ctx context.Context, project, key string) (*jiraIssue, error) {
	path := "/search" // of a Jira of one's own
	if j.o.User != "" {
		path = "/search/jql"
	}
	query := url.Values{"jql": {fmt.Sprintf("project = %q AND labels = %q ORDER BY created ASC", project, label(key))},
		"fields": {"status"}, "maxResults": {"1"}}
	var answer struct {
		Issues []jiraIssue `json:"issues"`
	}
	if err := j.api.ask(ctx, http.MethodGet, j.path+path+"?"+query.Encode(), nil, &answer); err != nil {
		return nil, err
	}
	if len(answer.Issues) == 0 {
		return nil, nil
	}
	return &answer.Issues[0], nil
}

func (j *Jira) open(ctx context.Context, m evidence.Message) (string, error) {
	labels := []string{"exhibit", label(m.Ticket.Key)}
	for _, l := range m.Ticket.Labels {
		labels = append(labels, strings.Join(strings.Fields(l), "-"))
	}
	fields := map[string]any{"project": map[string]string{"key": m.To}, "issuetype": map[string]string{"name": j.o.Type},
		"summary": oneLine(m.Subject), "description": j.text(m.Text), "labels": labels}
	var made struct {
		Key string `json:"key"`
	}
	if err := j.api.ask(ctx, http.MethodPost, j.path+"/issue", map[string]any{"fields": fields, "properties": []any{said(m.Key)}}, &made); err != nil {
		return "", err
	}
	return j.address(made.Key), nil
}

// comment says the message's text, unless a property of the issue says that it was said.
func (j *Jira) comment(ctx context.Context, issue string, m evidence.Message) error {
	at := j.path + "/issue/" + url.PathEscape(issue)
	var properties struct {
		Keys []struct {
			Key string `json:"key"`
		} `json:"keys"`
	}
	if err := j.api.ask(ctx, http.MethodGet, at+"/properties", nil, &properties); err != nil {
		return err
	}
	for _, p := range properties.Keys {
		if p.Key == label(m.Key) {
			return nil
		}
	}
	if err := j.api.ask(ctx, http.MethodPost, at+"/comment", map[string]any{"body": j.text(m.Text)}, nil); err != nil {
		return err
	}
	return j.api.ask(ctx, http.MethodPut, at+"/properties/"+label(m.Key), said(m.Key)["value"], nil)
}

// said is the property of an issue that says that a message was said in it.
func said(key string) map[string]any {
	return map[string]any{"key": label(key), "value": map[string]bool{"said": true}}
}

// move takes an issue through the transition with the name, or to the status with the name.
func (j *Jira) move(ctx context.Context, issue, name string) error {
	at := j.path + "/issue/" + url.PathEscape(issue) + "/transitions"
	var answer struct {
		Transitions []struct {
			ID   string `json:"id"`
			Name string `json:"name"`
			To   struct {
				Name string `json:"name"`
			} `json:"to"`
		} `json:"transitions"`
	}
	if err := j.api.ask(ctx, http.MethodGet, at, nil, &answer); err != nil {
		return err
	}
	var names []string
	for _, t := range answer.Transitions {
		if strings.EqualFold(t.Name, name) || strings.EqualFold(t.To.Name, name) {
			return j.api.ask(ctx, http.MethodPost, at, map[string]any{"transition": map[string]string{"id": t.ID}}, nil)
		}
		names = append(names, t.Name)
	}
	return fmt.Errorf("Jira: issue %s has no transition %q; there are %s", issue, name, strings.Join(names, ", "))
}

// text is the text as the API takes it: as it is, or in Jira Cloud as a document of paragraphs.
func (j *Jira) text(s string) any {
	if j.o.User == "" {
		return s
	}
	paragraphs := []any{}
	for p := range strings.SplitSeq(strings.TrimSpace(s), "\n\n") {
		var content []any
		for i, line := range strings.Split(p, "\n") {
			if i > 0 {
				content = append(content, map[string]string{"type": "hardBreak"})
			}
			if line != "" {
				content = append(content, map[string]string{"type": "text", "text": line})
			}
		}
		paragraphs = append(paragraphs, map[string]any{"type": "paragraph", "content": content})
	}
	return map[string]any{"type": "doc", "version": 1, "content": paragraphs}
}
