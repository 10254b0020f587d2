package notify

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"exhibit/internal/secret"
)

// github answers as the API for issues does.
func (k *tracker) github() http.Handler {
	mux := http.NewServeMux()
	shown := func(n int) map[string]any {
		i := k.issues[n]
		return map[string]any{"number": n + 1, "body": i.body, "state": i.state, "html_url": fmt.Sprintf("https://github.example/shop/web/issues/%d", n+1)}
	}
	mux.HandleFunc("GET /repos/shop/web/issues", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer t" || r.FormValue("labels") != "exhibit" || r.FormValue("state") != "all" {
			k.t.Errorf("listed with %s %v", r.URL, r.Header)
		}
		// A first page of pull requests that quote the marker, so that the issue is on the second.
		list := []map[string]any{}
		if r.FormValue("page") == "1" {
			for range 100 {
				list = append(list, map[string]any{"number": 9, "body": marker("aws:1|check|bucket --> x"), "pull_request": map[string]any{}})
			}
		} else {
			for n := range k.issues {
				list = append(list, shown(n))
			}
		}
		k.reply(w, list)
	})
	mux.HandleFunc("POST /repos/shop/web/issues", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Title, Body string
			Labels      []string
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || strings.Contains(in.Title, "\n") {
			k.t.Errorf("%+v %v", in, err)
		}
		k.issues = append(k.issues, &tracked{body: in.Body, labels: in.Labels, state: "open"})
		k.reply(w, shown(len(k.issues)-1))
	})
	mux.HandleFunc("PATCH /repos/shop/web/issues/1", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ State string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			k.t.Error(err)
		}
		k.issues[0].state = in.State
		k.reply(w, shown(0))
	})
	mux.HandleFunc("GET /repos/shop/web/issues/1/comments", func(w http.ResponseWriter, _ *http.Request) {
		list := []map[string]string{}
		for _, c := range k.issues[0].comments {
			list = append(list, map[string]string{"body": c})
		}
		k.reply(w, list)
	})
	mux.HandleFunc("POST /repos/shop/web/issues/1/comments", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Body string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			k.t.Error(err)
		}
		k.issues[0].comments = append(k.issues[0].comments, in.Body)
		k.reply(w, in)
	})
	return mux
}

func TestGitHub(t *testing.T) {
	k := &tracker{t: t}
	server := httptest.NewServer(k.github())
	defer server.Close()
	g, err := NewGitHub(server.URL, secret.New("t"), transport(t))
	if err != nil {
		t.Fatal(err)
	}
	tickets(t, g, "shop/web")
	k.want("closed", 5)
	if strings.Count(k.issues[0].body, "-->") != 2 {
		t.Errorf("the key ends the marker: %q", k.issues[0].body)
	}
}

// jira answers as Jira Cloud, or as a Jira of one's own.
func (k *tracker) jira(cloud bool) http.Handler {
	mux := http.NewServeMux()
	api, search, auth := "/rest/api/2", "/search", "Bearer t"
	if cloud {
		api, search, auth = "/rest/api/3", "/search/jql", "Basic YUBzaG9wLmV4YW1wbGU6dA=="
	}
	isDocument := func(v any) {
		if _, document := v.(map[string]any); document != cloud {
			k.t.Errorf("text %v", v)
		}
	}
	mux.HandleFunc("GET "+api+search, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != auth {
			k.t.Errorf("asked with %v", r.Header)
		}
		list := []any{}
		for n, i := range k.issues {
			for _, l := range i.labels {
				if strings.HasPrefix(l, "exhibit-") && strings.Contains(r.FormValue("jql"), `project = "PAY" AND labels = "`+l+`"`) {
					category := map[string]string{"Done": "done"}[i.state]
					list = append(list, map[string]any{"key": fmt.Sprintf("PAY-%d", n+1), "fields": map[string]any{"status": map[string]any{
						"name": i.state, "statusCategory": map[string]string{"key": category}}}})
				}
			}
		}
		k.reply(w, map[string]any{"issues": list})
	})
	mux.HandleFunc("POST "+api+"/issue", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Fields struct {
				Summary     string
				Description any
				Labels      []string
				Project     struct{ Key string }
				IssueType   struct{ Name string }
			}
			Properties []struct{ Key string }
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Fields.Project.Key != "PAY" || in.Fields.IssueType.Name != "Task" {
			k.t.Errorf("%+v %v", in, err)
		}
		isDocument(in.Fields.Description)
		for _, l := range in.Fields.Labels {
			if strings.Contains(l, " ") {
				k.t.Errorf("label %q", l)
			}
		}
		k.issues = append(k.issues, &tracked{labels: in.Fields.Labels, state: "To Do"})
		for _, p := range in.Properties {
			k.issues[len(k.issues)-1].properties = append(k.issues[len(k.issues)-1].properties, p.Key)
		}
		k.reply(w, map[string]string{"key": fmt.Sprintf("PAY-%d", len(k.issues))})
	})
	at := api + "/issue/PAY-1"
	mux.HandleFunc("GET "+at+"/properties", func(w http.ResponseWriter, _ *http.Request) {
		list := []map[string]string{}
		for _, p := range k.issues[0].properties {
			list = append(list, map[string]string{"key": p})
		}
		k.reply(w, map[string]any{"keys": list})
	})
	mux.HandleFunc("PUT "+at+"/properties/{name}", func(_ http.ResponseWriter, r *http.Request) {
		k.issues[0].properties = append(k.issues[0].properties, r.PathValue("name"))
	})
	mux.HandleFunc("POST "+at+"/comment", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Body any }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			k.t.Error(err)
		}
		isDocument(in.Body)
		k.issues[0].comments = append(k.issues[0].comments, fmt.Sprint(in.Body))
		k.reply(w, in)
	})
	mux.HandleFunc("GET "+at+"/transitions", func(w http.ResponseWriter, _ *http.Request) {
		k.reply(w, map[string]any{"transitions": []any{
			map[string]any{"id": "11", "name": "Finish", "to": map[string]string{"name": "Done"}},
			map[string]any{"id": "21", "name": "To do", "to": map[string]string{"name": "Backlog"}}}})
	})
	mux.HandleFunc("POST "+at+"/transitions", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Transition struct{ ID string } }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			k.t.Error(err)
		}
		k.issues[0].state = map[string]string{"11": "Done", "21": "To Do"}[in.Transition.ID]
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

func TestJira(t *testing.T) {
	for _, cloud := range []bool{true, false} {
		t.Run(fmt.Sprint("cloud ", cloud), func(t *testing.T) {
			k := &tracker{t: t}
			server := httptest.NewServer(k.jira(cloud))
			defer server.Close()
			o := JiraOptions{URL: server.URL, Token: secret.New("t")}
			if cloud {
				o.User = "a@shop.example"
			}
			j, err := NewJira(o, transport(t))
			if err != nil {
				t.Fatal(err)
			}
			tickets(t, j, "PAY")
			k.want("Done", 5)
			o.Done = "Shipped"
			if j, err = NewJira(o, transport(t)); err != nil {
				t.Fatal(err)
			}
			if err := j.move(t.Context(), "PAY-1", "Shipped"); err == nil || !strings.Contains(err.Error(), "there are Finish, To do") {
				t.Errorf("no such transition: %v", err)
			}
		})
	}
}
