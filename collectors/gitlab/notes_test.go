package gitlab

import "testing"

func TestTold(t *testing.T) {
	for name, tt := range map[string]struct {
		note map[string]any
		want string // the body that is kept, or ""
	}{
		"an approval": {map[string]any{"system": true, "body": noteApproved}, noteApproved},
		"taken back": {map[string]any{"system": true, "body": "unapproved this merge request"},
			"unapproved this merge request"},
		"taken back by a push": {map[string]any{"system": true, "body": "reset approvals from @ann by pushing"},
			"reset approvals from @ann by pushing"},
		"a push, without the commits' titles": {map[string]any{"system": true, "body": "added 2 commits\n\n<ul><li>x</li></ul>"},
			"added 2 commits"},
		"another target": {map[string]any{"system": true, "body": "changed target branch from `main` to `next`"},
			"changed target branch from `main` to `next`"},
		"another title":    {map[string]any{"system": true, "body": "changed title from **a** to **b**"}, ""},
		"somebody's words": {map[string]any{"system": false, "body": "approved this merge request"}, ""},
		"words of nobody":  {map[string]any{"body": "approved this merge request"}, ""},
		"a label":          {map[string]any{"system": true, "body": "added ~bug label"}, ""},
		"a reviewer":       {map[string]any{"system": true, "body": "requested review from @ann"}, ""},
		"no text":          {map[string]any{"system": true, "body": nil}, ""},
	} {
		kept, ok := told(tt.note)
		got, _ := kept["body"].(string)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: kept %q (%v), want %q", name, got, ok, tt.want)
		}
	}
}

func TestSettled(t *testing.T) {
	note := func(bodies ...string) []map[string]any {
		list := []map[string]any{}
		for _, b := range bodies {
			list = append(list, map[string]any{"body": b})
		}
		return list
	}
	for name, tt := range map[string]struct {
		notes any
		want  bool
	}{
		"one approval":            {note("added 1 commit", noteApproved), true},
		"several":                 {note(noteApproved, noteApproved), true},
		"none":                    {note("added 1 commit"), false},
		"nothing":                 {note(), false},
		"pushed after":            {note(noteApproved, "added 1 commit"), false},
		"pushed after, and again": {note(noteApproved, "added 1 commit", noteApproved), false},
		"another target after":    {note(noteApproved, "changed target branch from `main` to `next`"), false},
		"another target before":   {note("changed target branch from `main` to `next`", noteApproved), true},
		"taken back":              {note(noteApproved, "unapproved this merge request"), false},
		"not known":               {nil, false},
	} {
		if got := settled(tt.notes); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}
