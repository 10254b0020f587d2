package assess

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"exhibit/internal/evidence"
)

// TestReadsOfEffective holds that what effective() reads by itself is among what a check reads.
func TestReadsOfEffective(t *testing.T) {
	e, err := New([]evidence.Control{oneCheck("aws.iam.user", "", "effective(subject).allowsAdmin()")}, iamSchemas())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"aws.iam.policy": {"Document"}, "aws.iam.managed-policy": {"Document"},
		"aws.iam.group":                      {"AttachedPolicies", "InlinePolicies"},
		"aws.iam.user":                       {"AttachedPolicies", "Groups", "InlinePolicies", "PermissionsBoundary"},
		"aws.organizations.account-policies": {"Bound", "Levels"}}
	if got := e.Reads("aws.t.check"); !reflect.DeepEqual(got, want) {
		t.Errorf("it reads %v, want %v", got, want)
	}
	types := slices.Sorted(maps.Keys(effectiveReads()))
	if declared := slices.Sorted(slices.Values(evidence.EffectiveTypes())); !slices.Equal(types, declared) {
		t.Errorf("it reads %v and says %v", types, declared)
	}
}

// TestReads holds what a check's conditions may read against what they say.
func TestReads(t *testing.T) {
	list := func(elem *evidence.Shape) *evidence.Shape {
		return &evidence.Shape{Kind: evidence.ShapeList, Elem: elem}
	}
	text := &evidence.Shape{Kind: evidence.ShapeString}
	schemas := []evidence.Schema{
		{Type: "a.thing", Doc: &evidence.Shape{Kind: evidence.ShapeObject, Fields: map[string]*evidence.Shape{
			"Name": text, "Rules": list(&evidence.Shape{Kind: evidence.ShapeObject, Fields: map[string]*evidence.Shape{
				"Port": {Kind: evidence.ShapeInt}}}), "Owner": text, "Shown": text}}},
		{Type: "a.owner", Doc: &evidence.Shape{Kind: evidence.ShapeObject, Fields: map[string]*evidence.Shape{
			"Id": text, "Mail": text}}},
		{Type: "a.free"},
	}
	for name, c := range map[string]struct {
		subject, where, assert string
		want                   map[string][]string
	}{
		"a key and what is below it": {"a.thing", "", "subject.doc.Rules.all(r, r.Port != 22)",
			map[string][]string{"a.thing": {"Rules"}}},
		"the filter": {"a.thing", `subject.doc.Name != "x"`, "size(subject.doc.Rules) == 0",
			map[string][]string{"a.thing": {"Name", "Rules"}}},
		"whether there is a key": {"a.thing", "", "!has(subject.doc.Owner)", map[string][]string{"a.thing": {"Owner"}}},
		"tags":                   {"a.thing", "", `"team" in subject.tags`, map[string][]string{"a.thing": {"Tags"}}},
		"related": {"a.thing", "", `related("a.owner").exists(o, o.doc.Id == subject.doc.Owner && o.tags.size() > 0)`,
			map[string][]string{"a.thing": {"Owner"}, "a.owner": {"Id", "Tags"}}},
		"how many related": {"a.thing", "", `related("a.owner").size() > 0`,
			map[string][]string{"a.thing": {}, "a.owner": {}}},
		"nested": {"a.thing", "", `related("a.owner").all(o, related("a.thing").exists(s, s.doc.Owner == o.doc.Id))`,
			map[string][]string{"a.thing": {"Owner"}, "a.owner": {"Id"}}},
		"nothing":                   {"a.thing", "", `subject.id != ""`, map[string][]string{"a.thing": {}}},
		"without a shape":           {"a.free", "", "subject.doc.Anything.Else == 1", map[string][]string{"a.free": {"Anything"}}},
		"the document as it is":     {"a.free", "", "size(subject.doc) > 1", map[string][]string{"a.free": {"*"}}},
		"by a key in brackets":      {"a.free", "", `subject.doc["Anything"] == 1`, map[string][]string{"a.free": {"Anything"}}},
		"by a key that is computed": {"a.free", "", `subject.doc[subject.id] == 1`, map[string][]string{"a.free": {"*"}}},
		"a key if there is one":     {"a.thing", "", `subject.doc.?Owner.orValue("") == ""`, map[string][]string{"a.thing": {"Owner"}}},
		"a key in brackets if there is one": {"a.free", "", `subject.doc[?"A"].orValue("") == ""`,
			map[string][]string{"a.free": {"A"}}},
		"scope is no document":   {"a.thing", "", `subject.scope.account != ""`, map[string][]string{"a.thing": {}}},
		"a key of another's key": {"a.free", "", `subject.doc.A[subject.doc.B] == 1`, map[string][]string{"a.free": {"A", "B"}}},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := New([]evidence.Control{{ID: "one", Checks: []evidence.Check{{ID: "check", Subject: c.subject,
				Where: c.where, Assert: c.assert, Facts: map[string]string{"id": "subject.id"}}}}}, schemas)
			if err != nil {
				t.Fatal(err)
			}
			if got := e.Reads("check"); !reflect.DeepEqual(got, c.want) {
				t.Errorf("it reads %v, want %v", got, c.want)
			}
		})
	}
	e, err := New(nil, schemas)
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Collect(maps.Keys(e.Reads("no such check"))); len(got) > 0 {
		t.Errorf("a check that there is not reads %v", got)
	}
}

// TestFactsDecideNothing holds that what only a fact shows is not among what a check reads.
func TestFactsDecideNothing(t *testing.T) {
	e, err := New([]evidence.Control{{ID: "one", Checks: []evidence.Check{{ID: "check", Subject: "a.free",
		Assert: "subject.doc.A == 1", Facts: map[string]string{"b": "subject.doc.B"}}}}}, []evidence.Schema{{Type: "a.free"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := e.Reads("check"), map[string][]string{"a.free": {"A"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("it reads %v, want %v", got, want)
	}
}
