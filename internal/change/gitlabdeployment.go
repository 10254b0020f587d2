package change

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// gitlabProject is what GitLab's documents tell of their project.
type gitlabProject struct {
	Path          string `json:"path_with_namespace"`
	DefaultBranch string `json:"default_branch"`
	WebURL        string `json:"web_url"`
}

// gitlabKey names a project by its own address or that of something in it, else by its path at the host of any other address.
func gitlabKey(p gitlabProject, addresses ...string) string {
	if p.WebURL != "" {
		return RepositoryKey(p.WebURL)
	}
	host := ""
	for _, text := range addresses {
		if project, _, inside := strings.Cut(text, "/-/"); inside {
			return RepositoryKey(project)
		}
		if u, err := url.Parse(text); err == nil && host == "" {
			host = u.Host
		}
	}
	if host == "" || p.Path == "" {
		return ""
	}
	return RepositoryKey(host + "/" + p.Path)
}

// gitlabDeploymentReads are the keys that a deployment's verdict rests on.
var gitlabDeploymentReads = [...]string{"approval_summary", "approvals", "deployable", "environment", "sha", "status", "user"}

// Deployment reads a deployment. GitLab takes approvals only while it holds the deployment back.
func (gitlab) Deployment(s evidence.Subject) (Deployment, error) {
	type user struct {
		gitlabUser
		WebURL string `json:"web_url"`
	}
	var d struct {
		SHA         string      `json:"sha"`
		Status      string      `json:"status"`
		CreatedAt   stamp       `json:"created_at"`
		User        *user       `json:"user"`
		Environment *gitlabTier `json:"environment"`
		Deployable  *struct {
			StartedAt  stamp       `json:"started_at"`
			FinishedAt stamp       `json:"finished_at"`
			WebURL     string      `json:"web_url"`
			User       *gitlabUser `json:"user"`
		} `json:"deployable"`
		Project   gitlabProject    `json:"Project"`
		Approvals []gitlabApproval `json:"approvals"`
		Summary   *struct {
			Rules []struct {
				Approvals []gitlabApproval `json:"deployment_approvals"`
			} `json:"rules"`
		} `json:"approval_summary"`
	}
	if err := decode(s, &d, "sha", "environment", "status"); err != nil {
		return Deployment{}, err
	}
	out := Deployment{Type: s.Type, ID: s.ID, Commit: d.SHA, CreatedAt: d.CreatedAt.Time, Gated: true,
		Unseen: unseen(s, map[Part][]string{PartApprovals: {"approvals", "approval_summary"}, PartStart: {"user", "deployable"},
			PartOutcome: {"status"}})}
	if d.Environment != nil {
		out.Environment, out.Tier = d.Environment.Name, d.Environment.Tier
	}
	var addresses []string
	if d.User != nil {
		out.StartedBy = startedBy(d.User.actor())
		addresses = append(addresses, d.User.WebURL)
	}
	if job := d.Deployable; job != nil {
		out.StartedAt, out.EndedAt = job.StartedAt.Time, job.FinishedAt.Time
		out.StartedBy = startedBy(append(out.StartedBy, job.User.actor())...)
		addresses = append([]string{job.WebURL}, addresses...)
	}
	out.Repository = gitlabKey(d.Project, addresses...)
	switch d.Status {
	case "success":
		out.Outcome = Succeeded
	case "failed":
		out.Outcome = Failed
	case "canceled", "skipped":
		out.Outcome = OtherEnd
	default:
		out.Outcome = Running
	}
	given := d.Approvals
	if d.Summary != nil {
		for _, rule := range d.Summary.Rules {
			given = append(given, rule.Approvals...)
		}
	}
	for _, a := range given {
		one := Approval{By: a.User.actor(), State: githubApproval(a.Status), At: a.CreatedAt.Time}
		if !slices.Contains(out.Approvals, one) { // GitLab tells of it by itself and under the rule that it meets
			out.Approvals = append(out.Approvals, one)
		}
	}
	return out, nil
}

// gitlabApproval is one answer to a deployment that waits.
type gitlabApproval struct {
	User      *gitlabUser `json:"user"`
	Status    string      `json:"status"`
	CreatedAt stamp       `json:"created_at"`
}

// gitlabTier is an environment with the tier that GitLab puts it into.
type gitlabTier struct {
	Name string `json:"name"`
	Tier string `json:"tier"`
}

// gitlabCommitReads are the keys that a commit's verdict rests on.
var gitlabCommitReads = [...]string{"Project", "id", "parent_ids"}

// Commit reads a commit on the default branch.
func (gitlab) Commit(s evidence.Subject) (Landed, error) {
	var d struct {
		ID            string        `json:"id"`
		ParentIDs     []string      `json:"parent_ids"`
		AuthorName    string        `json:"author_name"`
		CommitterName string        `json:"committer_name"`
		CommittedDate stamp         `json:"committed_date"`
		WebURL        string        `json:"web_url"`
		Project       gitlabProject `json:"Project"`
	}
	if err := decode(s, &d, "id", "parent_ids"); err != nil {
		return Landed{}, err
	}
	return Landed{Type: s.Type, ID: s.ID, Repository: gitlabKey(d.Project, d.WebURL),
		Commit:   Commit{ID: d.ID, Parents: d.ParentIDs, Authors: called(d.AuthorName, d.CommitterName), At: d.CommittedDate.Time},
		LandedAt: d.CommittedDate.Time, Branch: d.Project.DefaultBranch, Silent: true,
		Unseen: unseen(s, map[Part][]string{PartCommits: {"parent_ids"}})}, nil
}

// called are people of whom only the name is known, each once.
func called(names ...string) []Actor {
	var out []Actor
	for _, n := range names {
		a := Actor{Login: n, Kind: Unclear}
		if n != "" && !a.among(out) {
			out = append(out, a)
		}
	}
	return out
}

// clone reads the commits of a clone.
type clone struct{}

// cloneReads are the keys that a commit's verdict rests on.
var cloneReads = [...]string{"branch", "parents", "repository", "sha"}

// Commit reads a commit of the branch that a clone follows. Whose names it bears is the word of whoever made it.
func (clone) Commit(s evidence.Subject) (Landed, error) {
	type person struct {
		Name string `json:"name"`
		At   stamp  `json:"at"`
	}
	var d struct {
		SHA        string   `json:"sha"`
		Parents    []string `json:"parents"`
		Branch     string   `json:"branch"`
		Repository struct {
			Origin string `json:"origin"`
		} `json:"repository"`
		Author    person            `json:"author"`
		Committer person            `json:"committer"`
		Trailers  []json.RawMessage `json:"trailers"`
	}
	if err := decode(s, &d, "sha", "parents", "branch"); err != nil {
		return Landed{}, err
	}
	return Landed{Type: s.Type, ID: s.ID, Repository: RepositoryKey(d.Repository.Origin), Branch: branchOf(d.Branch),
		Commit:   Commit{ID: d.SHA, Parents: d.Parents, Authors: called(d.Author.Name, d.Committer.Name), At: d.Committer.At.Time},
		LandedAt: d.Committer.At.Time, Silent: true, Unseen: unseen(s, map[Part][]string{PartCommits: {"parents"}})}, nil
}

// branchOf is the name of a branch by its full reference: a branch of the clone's own, or one that was fetched.
func branchOf(ref string) string {
	if name, own := strings.CutPrefix(ref, "refs/heads/"); own {
		return name
	}
	if name, fetched := strings.CutPrefix(ref, "refs/remotes/"); fetched {
		_, name, _ = strings.Cut(name, "/")
		return name
	}
	return ref
}
