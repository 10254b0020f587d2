package simcloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// Estate is what the simulated company has, and what happens to it. It is read once and never changes.
type Estate struct {
	// Company is the company's name.
	Company string
	// Base is the time of day 0; every later day is at the same time of day.
	Base time.Time
	// Days is how many days the timeline tells of.
	Days int

	keys    map[string]string // by kind
	lists   map[string][]seed
	objects map[string]seed
	given   func(day int) map[string]items // generated lists
	events  []event
}

// maxDays is the longest timeline: all its days are tried when an estate is loaded.
const maxDays = 1000

// seed is a document as it stands in its file.
type seed struct {
	doc   map[string]any
	fixed *shape // set when the document reads the same on every day
}

// Load reads an estate: estate.json, timeline.json, and under aws/ACCOUNT/, aws/ACCOUNT/REGION/, gcp/PROJECT/,
// azure/SUBSCRIPTION/, github/ORGANISATION/, github/ORGANISATION/REPOSITORY/, gitlab/GROUP/, gitlab/GROUP/PROJECT/,
// azuredevops/ORGANISATION/, azuredevops/ORGANISATION/PROJECT/, argocd/SERVER/ and jenkins/SERVER/ one JSON file a kind: an
// array of things or one object, with the provider's own member names. See testdata/estates/README.md.
func Load(fsys fs.FS) (*Estate, error) {
	e := &Estate{keys: allKeys(), lists: map[string][]seed{}, objects: map[string]seed{}}
	var head struct {
		Company string
		Base    time.Time
		Days    int
	}
	if err := readJSON(fsys, "estate.json", &head); err != nil {
		return nil, err
	}
	if head.Days < 1 || head.Days > maxDays {
		return nil, fmt.Errorf("read estate: estate.json: days is %d, want 1 to %d", head.Days, maxDays)
	}
	e.Company, e.Base, e.Days = head.Company, head.Base.UTC(), head.Days
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".json") || !strings.Contains(p, "/") {
			return err
		}
		return e.add(fsys, p)
	})
	if err != nil {
		return nil, err
	}
	if err := readJSON(fsys, "timeline.json", &e.events); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	slices.SortStableFunc(e.events, func(a, b event) int { return a.Day - b.Day })
	for n := range e.Days {
		if _, err := e.at(n); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (e *Estate) add(fsys fs.FS, p string) error {
	var v any
	if err := readJSON(fsys, p, &v); err != nil {
		return err
	}
	name := strings.TrimSuffix(p, ".json")
	switch v := v.(type) {
	case map[string]any:
		e.objects[name] = newSeed(v)
	case []any:
		l := make([]seed, len(v))
		for i, d := range v {
			doc, ok := d.(map[string]any)
			if !ok {
				return fmt.Errorf("%s: item %d is no object", p, i)
			}
			l[i] = newSeed(doc)
		}
		e.lists[name] = l
	default:
		return fmt.Errorf("%s: neither an array nor an object", p)
	}
	return nil
}

func newSeed(doc map[string]any) seed {
	s := seed{doc: doc}
	if !timed(doc) {
		s.fixed = newShape(doc)
	}
	return s
}

func readJSON(fsys fs.FS, name string, v any) error {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return fmt.Errorf("read estate: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("read estate: %s: %w", name, err)
	}
	return nil
}

// at makes the world of one day.
func (e *Estate) at(day int) (*world, error) {
	w := &world{day: day, now: e.Base.AddDate(0, 0, day), accounts: map[string][]string{}, lists: map[string]items{},
		objects: map[string]map[string]any{}}
	w.date = w.now.Format(http.TimeFormat)
	changed, err := e.play(day, w)
	if err != nil {
		return nil, err
	}
	t := clock{base: e.Base, now: w.now}
	for p, seeds := range changed.lists {
		all := make([]item, len(seeds))
		for i, s := range seeds {
			shape := s.fixed
			if shape == nil {
				doc, err := t.fill(s.doc)
				if err != nil {
					return nil, fmt.Errorf("%s on day %d: %w", p, day, err)
				}
				shape = newShape(doc.(map[string]any))
			}
			all[i] = item{key: e.keyOf(path.Base(p), s.doc), n: -1, shape: shape}
		}
		w.lists[p] = newMemItems(all)
		w.know(p)
	}
	for p, s := range changed.objects {
		doc, err := t.fill(s.doc)
		if err != nil {
			return nil, fmt.Errorf("%s on day %d: %w", p, day, err)
		}
		w.objects[p] = doc.(map[string]any)
		w.know(p)
	}
	if e.given != nil {
		maps.Copy(w.lists, e.given(day))
	}
	return w, nil
}

// know lists the account that a path belongs to.
func (w *world) know(p string) {
	part := strings.Split(p, "/")
	if len(part) < 3 {
		return
	}
	i, found := slices.BinarySearch(w.accounts[part[0]], part[1])
	if !found {
		w.accounts[part[0]] = slices.Insert(w.accounts[part[0]], i, part[1])
	}
}

// keyOf returns the id by which the provider's API asks for a thing of a kind, which is also the timeline's name for it.
func (e *Estate) keyOf(kind string, doc map[string]any) string {
	switch v := doc[e.keys[kind]].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// allKeys returns the member that each kind of thing is known by.
func allKeys() map[string]string {
	keys := maps.Clone(keyFields)
	for _, s := range awsServices() {
		for _, d := range s.kinds {
			keys[d.name] = d.key
		}
	}
	return keys
}

// keyFields are the keys of the kinds that are not AWS's, whose services name their own; it is only read.
var keyFields = map[string]string{
	"jobs":      "fullName",
	"firewalls": "name", "sinks": "name", "clouddeploy-targets": "name", "clouddeploy-pipelines": "name",
	"clouddeploy-releases": "name", "clouddeploy-rollouts": "name", "log-entries": "insertId",
	"cloudbuild-triggers": "id", "gcs-buckets": "name",
	"role-assignments": "name", "role-definitions": "name", "storage-accounts": "name",
	"network-security-groups": "name", "activity-log-alerts": "name",
	"repositories": "name", "branches": "name", "pulls": "number", "deployments": "id", "rulesets": "id",
	"commits": "oid", "activity": "id", "rule-suites": "id", "releases": "databaseId", "audit-log": "_document_id",
	"workflow-runs": "id", "environments": "name", "teams": "slug",
	"subgroups": "full_path", "projects": "id", "merge-requests": "iid", "ci-pipelines": "id", "runners": "id",
	"pull-requests": "pullRequestId", "devops-environments": "id", "devops-runs": "id", "service-endpoints": "id", "audit-entries": "id",
}
