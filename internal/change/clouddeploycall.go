package change

import (
	"regexp"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// clouddeployReleaseReads and clouddeployCallReads are the keys that what completes a rollout rests on.
var (
	clouddeployReleaseReads = [...]string{"Commits", "labels", "name"}
	clouddeployCallReads    = [...]string{"protoPayload", "timestamp"}
)

// clouddeployName is the name of a release or a rollout without its project, which Google writes by its id or its number:
// locations/LOCATION/deliveryPipelines/PIPELINE/releases/RELEASE, with or without /rollouts/ROLLOUT; "" for anything else.
func clouddeployName(name string) string {
	name = strings.TrimPrefix(name, "//clouddeploy.googleapis.com/")
	parts := strings.Split(name, "/")
	for i, word := range []string{"projects", "locations", "deliveryPipelines", "releases", "rollouts"} {
		if at := 2 * i; at < len(parts) && (parts[at] != word || at+1 >= len(parts) || parts[at+1] == "") {
			return ""
		}
	}
	if len(parts) != 8 && len(parts) != 10 {
		return ""
	}
	return strings.Join(parts[2:], "/")
}

// clouddeployRollback is the name of the rollout that a call made to go back: who asks for one need not say to which release.
func clouddeployRollback(pipeline, release, rollout string) string {
	if release == "" {
		release = "-"
	}
	return pipeline + "/releases/" + release + "/rollouts/" + rollout
}

// Release reads a release. Its commit is told by the annotations and labels that pipelines give it for that. Where they
// disagree none is taken; of a hash and its beginning the whole is.
func (clouddeploy) Release(s evidence.Subject) (Release, error) {
	var d struct {
		Name    string            `json:"name"`
		Commits map[string]string `json:"Commits"`
		Labels  map[string]string `json:"labels"`
	}
	if err := decode(s, &d, "name"); err != nil {
		return Release{}, err
	}
	out := Release{Name: clouddeployName(d.Name)}
	var told []Source
	for _, text := range d.Commits {
		repository, commit, linked := strings.Cut(text, "/commit/")
		if !linked {
			repository, commit = "", text
		}
		told = append(told, Source{RepositoryKey(strings.TrimSuffix(repository, "/-")), commit})
	}
	for _, key := range []string{"commit", "commit-sha", "commit_sha", "git-commit", "git-sha", "git_sha"} {
		if text := d.Labels[key]; commitHash.MatchString(text) {
			told = append(told, Source{Commit: text})
		}
	}
	var one Source
	for _, t := range told {
		if len(t.Commit) > len(one.Commit) {
			one.Commit = t.Commit
		}
	}
	for _, t := range told {
		if !strings.HasPrefix(one.Commit, t.Commit) || t.Repository != "" && one.Repository != "" && t.Repository != one.Repository {
			return out, nil
		}
		if t.Repository != "" {
			one.Repository = t.Repository
		}
	}
	if one.Commit != "" {
		out.Sources = []Source{one}
	}
	return out, nil
}

// commitHash is what a label has to be to be taken for a commit.
var commitHash = regexp.MustCompile(`^[0-9a-f]{7,40}$|^[0-9a-f]{64}$`)

// clouddeployCaller is who called.
type clouddeployCaller struct {
	PrincipalEmail   string `json:"principalEmail"`
	PrincipalSubject string `json:"principalSubject"`
	Delegation       []struct {
		PrincipalSubject    string `json:"principalSubject"`
		FirstPartyPrincipal struct {
			PrincipalEmail string `json:"principalEmail"`
		} `json:"firstPartyPrincipal"`
	} `json:"serviceAccountDelegationInfo"`
}

// Call reads an entry of the audit log. A call that failed did nothing. A long-running one stands there twice.
func (clouddeploy) Call(s evidence.Subject) (Call, error) {
	var d struct {
		Timestamp stamp `json:"timestamp"`
		Payload   struct {
			MethodName   string            `json:"methodName"`
			ResourceName string            `json:"resourceName"`
			Caller       clouddeployCaller `json:"authenticationInfo"`
			Status       struct {
				Code int64 `json:"code"`
			} `json:"status"`
			Request *struct {
				Name      string `json:"name"`
				Parent    string `json:"parent"`
				ReleaseID string `json:"releaseId"`
				RolloutID string `json:"rolloutId"`
				Approved  bool   `json:"approved"`
			} `json:"request"`
		} `json:"protoPayload"`
	}
	if err := decode(s, &d, "protoPayload", "timestamp"); err != nil {
		return Call{}, err
	}
	p, out := d.Payload, Call{At: d.Timestamp.Time}
	if p.Status.Code != 0 {
		return out, nil
	}
	method := p.MethodName[strings.LastIndex(p.MethodName, ".")+1:]
	names := []string{p.ResourceName}
	if r := p.Request; r != nil {
		names = append(names, r.Name, r.Parent+"/rollouts/"+r.RolloutID, r.Parent+"/releases/"+r.ReleaseID)
	}
	if r := p.Request; method == "RollbackTarget" && r != nil && r.RolloutID != "" {
		if at := strings.Index(r.Name, "locations/"); at >= 0 {
			out.Did, out.About = Made, clouddeployRollback(r.Name[at:], r.ReleaseID, r.RolloutID)
		}
	}
	want := 0 // parts of the name
	switch method {
	case "CreateRelease":
		out.Did, want = Made, 6
	case "CreateRollout":
		out.Did, want = Made, 8
	case "ApproveRollout":
		out.Did, want = Decided, 8
		if p.Request != nil && p.Request.Approved {
			out.Did = Accepted
		} else if p.Request != nil {
			out.Did = Declined
		}
	}
	for _, name := range names {
		if short := clouddeployName(name); short != "" && strings.Count(short, "/")+1 == want {
			out.About = short
			break
		}
	}
	out.By = p.Caller.actors()
	return out, nil
}

// actors are the account that called, and those who used it to call. One who is not named is among them.
func (c clouddeployCaller) actors() []Actor {
	out := []Actor{googleActor(c.PrincipalEmail, c.PrincipalSubject)}
	for _, d := range c.Delegation {
		out = append(out, googleActor(d.FirstPartyPrincipal.PrincipalEmail, d.PrincipalSubject))
	}
	return out
}

// googleActor reads an identity of Google Cloud: an account by its address, or one of a federation by its subject. Of a
// workforce these are people, of a workload they are machines.
func googleActor(email, subject string) Actor {
	kind, name, typed := strings.Cut(subject, ":")
	if email == "" && typed && slices.Contains([]string{"user", "serviceAccount"}, kind) {
		email = name
	}
	switch {
	case strings.HasSuffix(strings.ToLower(email), ".gserviceaccount.com"), email != "" && kind == "serviceAccount":
		return Actor{Login: email, Kind: Robot}
	case strings.Contains(email, "@"):
		return Actor{Login: email, Kind: Person}
	case strings.Contains(subject, "/workforcePools/"):
		return Actor{Login: subject, Kind: Person}
	case strings.Contains(subject, "/workloadIdentityPools/"), strings.Contains(subject, ".svc.id.goog"):
		return Actor{Login: subject, Kind: Robot}
	case subject != "":
		return Actor{Login: subject, Kind: Unclear}
	}
	return unnamed()
}
