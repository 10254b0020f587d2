package change

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

const argocdDoc = `{"id":8,"revision":"c1","deployStartedAt":"2026-05-04T12:00:00Z","deployedAt":"2026-05-04T12:01:00Z",` +
	`"initiatedBy":{"automated":true},"source":{"repoURL":"git@github.com:Acme/deploy.git","path":"p","targetRevision":"main"},` +
	`"Application":{"name":"ledger","project":"payments","destination":{"namespace":"ledger-production"}}}`

// TestArgoCD holds what is read of a synchronisation: where its commits come from, and that nobody is asked.
func TestArgoCD(t *testing.T) {
	read := func(doc string) Deployment {
		t.Helper()
		d, err := DeploymentOf(evidence.Subject{Type: "argocd.deployment", ID: "x", Doc: json.RawMessage(doc)})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := read(argocdDoc)
	if d.Repository != "github.com/acme/deploy" || d.Commit != "c1" || !d.Production() || d.Outcome != Succeeded {
		t.Errorf("read as %+v", d)
	}
	if j := d.Judge(); j.Verdict != Unknown || len(d.StartedBy) != 0 {
		t.Errorf("got %s (%s), started by %v", j.Verdict, j.Why, d.StartedBy)
	}
	d = read(`{"revisions":["4.11.2","c2","c3"],"deployedAt":"2026-05-04T12:01:00Z","initiatedBy":{"username":"ann"},` +
		`"sources":[{"repoURL":"https://charts.example.com","chart":"ingress"},{"repoURL":"https://github.com/acme/values"},` +
		`{"repoURL":"https://github.com/acme/more.git"}],"Application":{"name":"gateway","destination":{"namespace":"web"}}}`)
	want := []Source{{"github.com/acme/values", "c2"}, {"github.com/acme/more", "c3"}, {"", "chart ingress"}}
	if !reflect.DeepEqual(d.Sources, want) || d.Commit != "c2" || d.Production() {
		t.Errorf("read as %+v", d)
	}
	if !reflect.DeepEqual(Names(d.StartedBy), []string{"ann"}) || d.CreatedAt.IsZero() {
		t.Errorf("started by %v at %s", d.StartedBy, d.CreatedAt)
	}
	d = read(`{"revisions":["c2"],"deployedAt":"2026-05-04T12:01:00Z","sources":[{"repoURL":"https://github.com/acme/values"},` +
		`{"repoURL":"https://github.com/acme/more.git"}],"Application":{"name":"gateway"}}`)
	if want := []Source{{"github.com/acme/values", "c2"}, {"github.com/acme/more", ""}}; !reflect.DeepEqual(d.Sources, want) {
		t.Errorf("without a revision read as %+v", d.Sources)
	}
	if d = read(`{"revision":"1.2","deployedAt":"2026-05-04T12:01:00Z","source":{"chart":"c","repoURL":"https://charts.example.com"},` +
		`"Application":{"name":"web-prod"}}`); len(d.Sources) != 0 || d.Commit != "" || !d.Production() {
		t.Errorf("a chart is read as %+v", d)
	}
}

// TestDeployedByChanges holds that where nobody is asked the changes decide, all of them.
func TestDeployedByChanges(t *testing.T) {
	x := NewIndex()
	approved := pullSubject(t, map[string]string{"reviews": "[" + review("9", bob, "APPROVED", "4T10", head) + "]"})
	hidden := pullSubject(t, map[string]string{"number": "8", "headRefOid": `"u1"`, "mergeCommit": `{"oid":"u2"}`,
		"commits": `[]`}, "reviews")
	hidden.ID = "Acme/shop/pull/8"
	bad := pullSubject(t, map[string]string{"number": "9", "headRefOid": `"n1"`, "mergeCommit": `{"oid":"n2"}`, "commits": `[]`})
	bad.ID = "Acme/shop/pull/9"
	for _, s := range []evidence.Subject{approved, hidden, bad} {
		if err := x.Add(0, s, evidence.Digest{}); err != nil {
			t.Fatal(err)
		}
	}
	from := func(commits ...string) []Source {
		var out []Source
		for _, c := range commits {
			out = append(out, Source{"github.com/acme/shop", c})
		}
		return out
	}
	for _, tc := range []struct {
		name    string
		sources []Source
		want    Verdict
		known   bool
	}{
		{"approved", from("m1"), IsApproved, true},
		{"not approved", from("n2"), Unapproved, true},
		{"unknown approval", from("u2"), Unknown, true},
		{"never heard of", from("zz"), Unknown, false},
		{"one of two approved", from("m1", "n2"), Unapproved, true},
		{"one approved, one a chart", append(from("m1"), Source{"", "chart ingress"}), Unknown, false},
		{"one approved, one without a commit", append(from("m1"), Source{"github.com/acme/shop", ""}), Unknown, false},
		{"one approved, one unknown", from("m1", "u2"), Unknown, true},
		{"one unknown, one not approved", from("u2", "n2"), Unapproved, true},
		{"one not approved, one unknown", from("n2", "u2"), Unapproved, true},
	} {
		p := Population{Deployments: []Deployed{{ID: "d", Sources: tc.sources, ByChanges: true, Changes: []string{}, Production: true,
			Outcome: Succeeded, EndedAt: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}}}
		p.Finish(x)
		if d := p.Deployments[0]; d.Verdict != tc.want || d.Known != tc.known || d.Why == "" {
			t.Errorf("%s: got %s (%s), known %v", tc.name, d.Verdict, d.Why, d.Known)
		}
	}
}

// TestDeployedBeforeTheMerge holds that an approval is for what is deployed after it was merged.
func TestDeployedBeforeTheMerge(t *testing.T) {
	x := NewIndex()
	s := pullSubject(t, map[string]string{"reviews": "[" + review("9", bob, "APPROVED", "4T10", head) + "]"})
	if err := x.Add(0, s, evidence.Digest{}); err != nil {
		t.Fatal(err)
	}
	early := Deployed{ID: "d", Sources: []Source{{"github.com/acme/shop", "m1"}}, ByChanges: true, Production: true,
		Outcome: Succeeded, EndedAt: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)}
	p := Population{Deployments: []Deployed{early}}
	p.Finish(x)
	if d := p.Deployments[0]; d.Verdict != Unapproved {
		t.Errorf("deployed before it was merged: %s (%s)", d.Verdict, d.Why)
	}
}

func FuzzArgoCDDeployment(f *testing.F) {
	f.Add([]byte(argocdDoc), "")
	fuzzDeployment(f, "argocd.deployment")
}
