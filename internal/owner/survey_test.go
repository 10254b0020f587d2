package owner

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"exhibit/internal/evidence"
)

func TestSurvey(t *testing.T) {
	r, err := New(Config{
		People:   people(),
		Services: map[string]Service{"shop": {Owner: "team-payments", Tags: map[string]string{"service": "shop"}, Criticality: "high"}, "till": {Owner: "web", Repositories: List{"shop/till"}}},
		Rules: []Rule{
			{Tag: List{"team"}, Owner: "{subject.tags.team}", Line: 2},
			{Tag: List{"team=payments"}, Owner: "web", Line: 4}, // the first one takes them all
			{Account: List{"999900001111"}, Owner: "web", Line: 6},
			{Type: List{"aws.iam.*"}, Owner: "security", Line: 8},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := r.Over(nil).Survey()
	add := func(one Subject) {
		t.Helper()
		if err := s.Add(one); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 5 {
		add(bucket(t, fmt.Sprintf("bare-%d", i), nil))
	}
	add(bucket(t, "a", map[string]string{"team": "payments", "service": "shop"}))
	add(bucket(t, "b", map[string]string{"team": "ghosts"}))
	add(bucket(t, "c", map[string]string{"team": "ghosts"}))
	add(subject(t, aws("111122223333", "eu-west-1"), evidence.Subject{Type: "aws.iam.role", ID: "r", Tags: map[string]string{"team": "spooks"}}))
	got, err := json.MarshalIndent(s.Report(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"subjects":9,"owners":[{"name":"payments","subjects":1,"reachable":true},{"name":"platform","subjects":0,"reachable":true},
{"name":"security","subjects":1,"reachable":false},{"name":"web","subjects":0,"reachable":true}],
"unowned":[{"type":"aws.s3.bucket","scope":"aws:111122223333","count":7,"examples":["bare-0","bare-1","bare-2"]}],
"strangers":[{"word":"ghosts","count":2,"rules":[1],"example":"b"},{"word":"spooks","count":1,"rules":[1],"example":"r"}],
"rules":[{"rule":1,"line":2,"what":"tag team","matches":4,"owns":1},
{"rule":2,"line":4,"what":"tag team=payments","matches":1,"owns":0,"shadowed_by":1},
{"rule":3,"line":6,"what":"account 999900001111","matches":0,"owns":0},
{"rule":4,"line":8,"what":"type aws.iam.*","matches":1,"owns":1}],
"services":[{"name":"shop","owner":"payments","criticality":"high","subjects":1},{"name":"till","owner":"web","subjects":0}]}`
	var compact strings.Builder
	for _, l := range strings.Split(want, "\n") {
		compact.WriteString(l)
	}
	var a, b any
	if json.Unmarshal(got, &a) != nil || json.Unmarshal([]byte(compact.String()), &b) != nil {
		t.Fatal("no JSON")
	}
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	if string(x) != string(y) {
		t.Errorf("got\n%s\nwant\n%s", x, y)
	}
}

// TestSurveyBounded holds that what is kept does not grow with the estate.
func TestSurveyBounded(t *testing.T) {
	r, err := New(Config{People: people()})
	if err != nil {
		t.Fatal(err)
	}
	s := r.Over(nil).Survey()
	for i := range maxGroups + 5 {
		if err := s.Add(Subject{Type: "aws.s3.bucket", ID: "x", Scope: aws(fmt.Sprint(i), "")}); err != nil {
			t.Fatal(err)
		}
	}
	got := s.Report()
	if len(got.Unowned) != maxGroups+1 || got.Unowned[0].Scope != "" || got.Unowned[0].Count != 5 {
		t.Errorf("%d places, the first %+v; want the rest counted under no name", len(got.Unowned), got.Unowned[0])
	}
}
