package gitlab

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"exhibit/internal/collect"
)

// systemNote is what GitLab itself noted on a merge request, and on whose doing.
type systemNote struct {
	ID        int64            `json:"id"`
	Body      string           `json:"body"` // its first line
	Author    gitlab.BasicUser `json:"author"`
	CreatedAt time.Time        `json:"created_at"`
}

// noteApproved is the note of an approval.
const noteApproved = "approved this merge request"

// telling are the beginnings of GitLab's own notes about approvals, pushes and other targets.
func telling() []string {
	return []string{noteApproved, "unapproved this merge request", "reset approvals", "added ", "changed target branch from "}
}

// notes adds GitLab's own notes about approvals, pushes and other targets. Whatever people wrote is left out.
func (s *session) notes(ctx context.Context, t *collect.Task, d *draft, path string) error {
	list := []map[string]any{}
	err := s.pages(ctx, t, ask{op: opListMergeRequestNotes, path: path, query: url.Values{
		"sort": {"asc"}, "order_by": {"created_at"}, "activity_filter": {"only_activity"}}},
		func(items []json.RawMessage) (bool, error) {
			for _, raw := range items {
				note, err := trim(raw)
				if err != nil {
					return false, fmt.Errorf("read a note of %s: %w", d.ID, err)
				}
				if kept, ok := told(note); ok {
					list = append(list, kept)
				}
			}
			return true, nil
		})
	return d.put(t, "Notes", list, err)
}

// told is what is kept of GitLab's own note about an approval, a push or another target.
func told(note map[string]any) (map[string]any, bool) {
	body, _ := note["body"].(string)
	first, _, _ := strings.Cut(body, "\n")
	if note["system"] != true {
		return nil, false
	}
	for _, beginning := range telling() {
		if !strings.HasPrefix(first, beginning) || beginning == "added " && !strings.Contains(first, " commit") {
			continue
		}
		return map[string]any{"id": note["id"], "body": strings.TrimSpace(first), "author": note["author"],
			"created_at": note["created_at"]}, true
	}
	return nil, false
}
