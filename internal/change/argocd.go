package change

import (
	"exhibit/internal/evidence"
)

// argocd reads the deployments of Argo CD.
type argocd struct{}

// argocdReads are the keys that a deployment's verdict rests on.
var argocdReads = [...]string{"Application", "initiatedBy", "revision", "revisions", "source", "sources"}

// argocdSource is where a part of an application comes from: a path in a repository, or a chart.
type argocdSource struct {
	RepoURL string `json:"repoURL"`
	Chart   string `json:"chart"`
}

// Deployment reads a synchronisation that succeeded. Argo CD asks nobody: whether somebody else approved it is told by the
// changes that the deployed commit came by. A source whose commit is not told, and a chart beside others, is a source that no
// change can be found for; one that is made of charts alone has none.
func (argocd) Deployment(s evidence.Subject) (Deployment, error) {
	var d struct {
		Revision        string         `json:"revision"`
		Revisions       []string       `json:"revisions"`
		Source          *argocdSource  `json:"source"`
		Sources         []argocdSource `json:"sources"`
		DeployStartedAt stamp          `json:"deployStartedAt"`
		DeployedAt      stamp          `json:"deployedAt"`
		InitiatedBy     struct {
			Username  string `json:"username"`
			Automated bool   `json:"automated"`
		} `json:"initiatedBy"`
		Application struct {
			Name        string `json:"name"`
			Project     string `json:"project"`
			Destination struct {
				Namespace string `json:"namespace"`
				Name      string `json:"name"`
			} `json:"destination"`
		} `json:"Application"`
	}
	if err := decode(s, &d, "deployedAt", "Application"); err != nil {
		return Deployment{}, err
	}
	out := Deployment{Type: s.Type, ID: s.ID, Environment: d.Application.Name, CreatedAt: d.DeployStartedAt.Time,
		StartedAt: d.DeployStartedAt.Time, EndedAt: d.DeployedAt.Time, Outcome: Succeeded, ByChanges: true,
		Unseen: unseen(s, map[Part][]string{PartStart: {"initiatedBy"}})}
	if out.CreatedAt.IsZero() {
		out.CreatedAt = out.EndedAt
	}
	for _, name := range []string{d.Application.Name, d.Application.Destination.Namespace, d.Application.Destination.Name,
		d.Application.Project} {
		if Production(name) {
			out.Tier = "production"
		}
	}
	if who := d.InitiatedBy.Username; who != "" {
		out.StartedBy = []Actor{{Login: who, Kind: Person}}
	}
	sources, revisions := d.Sources, d.Revisions
	if len(sources) == 0 && d.Source != nil {
		sources, revisions = []argocdSource{*d.Source}, []string{d.Revision}
	}
	var charts []Source
	for i, source := range sources {
		switch {
		case source.Chart != "":
			charts = append(charts, Source{"", "chart " + source.Chart}) // a chart's version is no commit
		case i < len(revisions):
			out.Sources = append(out.Sources, Source{RepositoryKey(source.RepoURL), revisions[i]})
		default:
			out.Sources = append(out.Sources, Source{RepositoryKey(source.RepoURL), ""})
		}
	}
	if len(out.Sources) > 0 {
		out.Repository, out.Commit = out.Sources[0].Repository, out.Sources[0].Commit
		out.Sources = append(out.Sources, charts...)
	}
	return out, nil
}
