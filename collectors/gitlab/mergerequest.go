package gitlab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const (
	opListGroupMergeRequests = "gitlab:MergeRequests.ListGroupMergeRequests"
	opGetMergeRequestApprove = "gitlab:MergeRequestApprovals.GetConfiguration"
	opGetMergeRequestCommits = "gitlab:MergeRequests.GetMergeRequestCommits"
	opListMergeRequestNotes  = "gitlab:Notes.ListMergeRequestNotes"
)

// mergeRequest is a merged change: REST's own document of it, and
//
//   - Project, where it was merged: path, default branch and the method by which it merges;
//   - Notes, GitLab's own notes with author and time, the oldest first: "approved this merge request", "unapproved
//     this merge request", "reset approvals …" when a push took them back, and "added 2 commits", which is when
//     GitLab saw a push, whatever the commits say of their time. The notes that every plan has are the whole story of
//     who approved when;
//   - Commits, those that were merged, the newest first, without messages and addresses;
//   - Approvals, the answer of …/approvals, whose approved_by are the approvals that stand (each with its user and,
//     from a server that tells, its time). It is asked for unless the notes alone settle which approvals stand: when
//     there is none, or anything but further approvals was noted after the first. Otherwise it is absent and not
//     missing, every approval of the notes stands, and all of them saw the last push.
//
// merge_commit_sha, squash_commit_sha and sha (the head of the source branch) say which commits of the target branch
// it explains: the first two where there is a merge or a squash commit, all of Commits after a fast-forward. author,
// merge_user and the others are users as GitLab sends them; a deleted account is the user "ghost". It does not say
// which are bots, but its own are named project_1_bot_x and group_1_bot_x, and service accounts service_account_x.
//
// The population is everything merged within the source's window. What changed since the last collection, an approval
// after the merge among it, is listed again, and the newer document takes the older one's place.
func mergeRequest() collect.Collector {
	doc := trimmed(evidence.ShapeOf[gitlab.BasicMergeRequest](), unkeptOfMergeRequests()...)
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "gitlab.merge-request",
			Title:      "Merged merge request",
			Population: true,
			Doc: with(doc, map[string]*evidence.Shape{
				"Project":   evidence.ShapeOf[projectBrief](),
				"Approvals": trimmed(evidence.ShapeOf[gitlab.MergeRequestApprovals](), unkeptOfApprovals()...),
				"Commits":   listOf(trimmed(evidence.ShapeOf[gitlab.Commit](), unkeptOfCommits()...)),
				"Notes":     listOf(evidence.ShapeOf[systemNote]()),
			}),
			Volatile: []string{"/updated_at", "/user_notes_count", "/upvotes", "/downvotes", "/labels", "/detailed_merge_status",
				"/has_conflicts", "/blocking_discussions_resolved"},
			Ordered: []string{"/Commits", "/Notes"},
		},
		Version: 1,
		Events:  &collect.Events{Begin: windowBegin, Settling: settling, When: "merged_at"},
		Operations: []collect.Operation{
			{Name: opListGroupMergeRequests, Permissions: []string{asReporter},
				Method: "GET", Path: "/groups/{group}/merge_requests"},
			listProjects(),
			{Name: opGetMergeRequestApprove, Permissions: []string{asReporter},
				Method: "GET", Path: "/projects/{project}/merge_requests/{iid}/approvals"},
			{Name: opGetMergeRequestCommits, Permissions: []string{asReporter},
				Method: "GET", Path: "/projects/{project}/merge_requests/{iid}/commits"},
			{Name: opListMergeRequestNotes, Permissions: []string{asReporter},
				Method: "GET", Path: "/projects/{project}/merge_requests/{iid}/notes"},
		},
		Collect: collect.Typed(collectMergeRequests),
	}
}

// unkeptOfMergeRequests are texts that people typed, what those who look at it are told, and estimates.
func unkeptOfMergeRequests() []string {
	return []string{"title", "description", "title_html", "description_html", "milestone", "time_stats",
		"task_completion_status", "label_details", "subscribed", "user"}
}

// unkeptOfApprovals is what the merge request itself says too, and what concerns who asks.
func unkeptOfApprovals() []string {
	return []string{"id", "iid", "project_id", "title", "description", "state", "created_at", "updated_at", "merge_status",
		"user_has_approved", "user_can_approve", "suggested_approvers", "approvers", "approver_groups", "permissions"}
}

// unkeptOfCommits are texts that people typed.
func unkeptOfCommits() []string {
	return []string{"title", "message", "trailers", "extended_trailers", "stats", "status", "last_pipeline"}
}

// listedMergeRequest is what the list says of a merge request.
type listedMergeRequest struct {
	IID       int64      `json:"iid"`
	ProjectID int64      `json:"project_id"`
	Title     string     `json:"title"`
	MergedAt  *time.Time `json:"merged_at"`
	raw       json.RawMessage
}

// collectMergeRequests lists by time of creation, which never changes, so that nothing moves from page to page while
// they are read.
func collectMergeRequests(ctx context.Context, s *session, t *collect.Task) error {
	projects, err := s.projects(ctx, t)
	if err != nil {
		return err
	}
	since := t.Since().UTC().Format(time.RFC3339)
	t.Params(opListGroupMergeRequests, map[string]string{"state": "merged", "updated_after": since})
	query := url.Values{"state": {"merged"}, "scope": {"all"}, "non_archived": {"false"}, "updated_after": {since},
		"order_by": {"created_at"}, "sort": {"asc"}}
	list := ask{op: opListGroupMergeRequests, path: groupPath(s.group) + "/merge_requests", query: query}
	return s.pages(ctx, t, list, func(items []json.RawMessage) (bool, error) {
		t.Listed(len(items))
		var merged []listedMergeRequest
		for _, raw := range items {
			m := listedMergeRequest{raw: raw}
			if err := json.Unmarshal(raw, &m); err != nil {
				return false, fmt.Errorf("read a merge request of the list: %w", err)
			}
			if m.IID == 0 || m.ProjectID == 0 {
				return false, errors.New("read a merge request of the list: it has no number or no project")
			}
			_, wanted := projects.byID[m.ProjectID]
			switch {
			case !wanted:
				t.Exclude(notAsked, 1)
			case m.MergedAt != nil && m.MergedAt.Before(s.since):
				t.Exclude("merged before the window", 1)
			default:
				merged = append(merged, m)
			}
		}
		return true, collect.Each(ctx, merged, func(ctx context.Context, m listedMergeRequest) error {
			return s.mergeRequest(ctx, t, projects.byID[m.ProjectID], m)
		})
	})
}

func (s *session) mergeRequest(ctx context.Context, t *collect.Task, p listed, m listedMergeRequest) error {
	number := strconv.FormatInt(m.IID, 10)
	path := p.path() + "/merge_requests/" + number
	doc, err := trim(m.raw, unkeptOfMergeRequests()...)
	if err != nil {
		return err
	}
	doc["Project"] = p.brief()
	id := p.FullPath + "!" + number
	d := &draft{Subject: evidence.Subject{ID: id, Name: id + " " + m.Title}, doc: doc}
	if err := s.notes(ctx, t, d, path+"/notes"); err != nil {
		return err
	}
	unread, failed := d.Missing["Notes"]
	err = s.list(ctx, t, d, "Commits", ask{op: opGetMergeRequestCommits, path: path + "/commits", drop: unkeptOfCommits()})
	if err != nil {
		return err
	}
	switch {
	case failed: // nobody knows whether there is more to ask
		d.Missing["Approvals"] = unread
	case !settled(d.doc["Notes"]):
		err = s.one(ctx, t, d, "Approvals", ask{op: opGetMergeRequestApprove, path: path + "/approvals",
			drop: unkeptOfApprovals()})
		if err != nil {
			return err
		}
	}
	return d.emit(ctx, t)
}

// settled reports whether notes tell of an approval and of nothing but further ones after the first.
func settled(notes any) bool {
	list, _ := notes.([]map[string]any)
	given := false
	for _, note := range list {
		approval := note["body"] == noteApproved
		if given && !approval {
			return false
		}
		given = given || approval
	}
	return given
}
