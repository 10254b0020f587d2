package change

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// githubActor is an account in either shape. A deleted one is null, or the user "ghost" in REST's.
type githubActor struct {
	Typename   string       `json:"__typename"`
	Type       string       `json:"type"` // REST's own name for it
	Login      string       `json:"login"`
	DatabaseID int64        `json:"databaseId"`
	ID         json.Number  `json:"id"` // REST's; GraphQL's is text and not used
	User       *githubActor `json:"user"`
}

// UnmarshalJSON reads an account and leaves a text that stands for its id alone.
func (a *githubActor) UnmarshalJSON(raw []byte) error {
	var in struct {
		Typename   string          `json:"__typename"`
		Type       string          `json:"type"`
		Login      string          `json:"login"`
		DatabaseID int64           `json:"databaseId"`
		ID         json.RawMessage `json:"id"`
		User       *githubActor    `json:"user"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return err
	}
	*a = githubActor{Typename: in.Typename, Type: in.Type, Login: in.Login, DatabaseID: in.DatabaseID, User: in.User}
	if !bytes.HasPrefix(in.ID, []byte(`"`)) {
		a.ID = json.Number(in.ID)
	}
	return nil
}

// webFlow is the account in whose name GitHub commits what is done in its pages.
const webFlow = "web-flow"

func (a *githubActor) actor() Actor {
	if a == nil || a.Login == "" && a.User == nil || a.Login == "ghost" {
		return nobody()
	}
	if a.Login == "" {
		return a.User.actor()
	}
	out := Actor{Login: a.Login, Kind: Unclear}
	switch id, err := a.ID.Int64(); {
	case a.DatabaseID != 0:
		out.ID = strconv.FormatInt(a.DatabaseID, 10)
	case err == nil && id != 0:
		out.ID = strconv.FormatInt(id, 10)
	}
	kind := a.Typename
	if kind == "" {
		kind = a.Type
	}
	switch {
	case kind == "Bot", strings.HasSuffix(a.Login, "[bot]"), a.Login == webFlow:
		out.Kind = Robot
	case kind == "User", kind == "Mannequin", kind == "EnterpriseUserAccount", kind == "":
		out.Kind = Person // what an older answer leaves out is a user: apps are always named as such
	}
	return out
}

// githubRepository is what both shapes tell of a repository.
type githubRepository struct {
	NameWithOwner    string `json:"nameWithOwner"`
	FullName         string `json:"full_name"`
	URL              string `json:"url"`
	DefaultBranchRef *struct {
		Name string `json:"name"`
	} `json:"defaultBranchRef"`
	DefaultBranch string `json:"default_branch"`
}

func (r githubRepository) defaultBranch() string {
	if r.DefaultBranchRef != nil {
		return r.DefaultBranchRef.Name
	}
	return r.DefaultBranch
}

// key names the repository by an address of something in it, which tells the host, and its own name.
func (r githubRepository) key(address string) string {
	name := r.NameWithOwner
	if name == "" {
		name = r.FullName
	}
	host := "github.com"
	for _, text := range []string{address, r.URL} {
		if u, err := url.Parse(text); err == nil && u.Hostname() != "" {
			host = u.Hostname()
			break
		}
	}
	if name == "" {
		return ""
	}
	return RepositoryKey(strings.TrimPrefix(host, "api.") + "/" + name)
}

// githubOid is a commit as its id alone, or as an object that holds it.
type githubOid string

// UnmarshalJSON takes either, and null for none.
func (o *githubOid) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err == nil {
		*o = githubOid(text)
		return nil
	}
	var object struct {
		Oid string `json:"oid"`
	}
	if err := json.Unmarshal(raw, &object); err != nil {
		return err
	}
	*o = githubOid(object.Oid)
	return nil
}

// githubCommit is a commit of a pull request or on a branch.
type githubCommit struct {
	Oid             string         `json:"oid"`
	CommittedDate   stamp          `json:"committedDate"`
	CommittedViaWeb bool           `json:"committedViaWeb"`
	Author          *githubActor   `json:"author"`
	Authors         []*githubActor `json:"authors"`
	Committer       *githubActor   `json:"committer"`
	Signature       *struct {
		IsValid           bool   `json:"isValid"`
		State             string `json:"state"`
		WasSignedByGitHub bool   `json:"wasSignedByGitHub"`
	} `json:"signature"`
	Parents []githubOid `json:"parents"`
}

func (c githubCommit) commit() Commit {
	out := Commit{ID: c.Oid, At: c.CommittedDate.Time}
	for _, p := range c.Parents {
		if p != "" {
			out.Parents = append(out.Parents, string(p))
		}
	}
	people := append(slices.Clone(c.Authors), c.Committer)
	if len(c.Authors) == 0 {
		people = append(people, c.Author)
	}
	for _, p := range people {
		switch a := p.actor(); {
		case !a.known():
			out.Nameless++
		case a.Login == webFlow || slices.ContainsFunc(out.Authors, a.Is):
		default:
			out.Authors = append(out.Authors, a)
		}
	}
	web := c.CommittedViaWeb || c.Committer.actor().Login == webFlow
	out.ByProvider = c.Signature != nil && c.Signature.IsValid && (c.Signature.WasSignedByGitHub || web)
	return out
}
