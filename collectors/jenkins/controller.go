package jenkins

import (
	"context"
	"errors"
	"net/http"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const (
	opGetController = "jenkins:controller"
	opListPlugins   = "jenkins:pluginManager"
	opListComputers = "jenkins:computer"
	opExport        = "jenkins:configuration-as-code.export"
)

// controller is the controller itself: what the API tells of it, its version, and
//
//   - Plugins, each with its version and whether the update site that Jenkins knows has a newer one;
//   - Computers, the machines that build, the built-in node among them;
//   - Security, who may sign in and who may do what, out of the export of the plugin Configuration as Code: see securityDoc.
//
// The export is asked for with POST, because Jenkins wants it so. It changes nothing, and needs no more than the right to look
// at the settings. It writes secrets encrypted: nothing of it but the parts named is kept. Without the plugin, Security is
// missing, and a person has to look.
func controller() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "jenkins.controller",
			Title:    "Jenkins controller",
			Doc:      evidence.ShapeOf[controllerDoc](),
			Volatile: []string{"/quietingDown", "/Computers/*/offline", "/Computers/*/temporarilyOffline"},
		},
		Version: 1,
		Operations: []collect.Operation{
			{Name: opGetController, Permissions: []string{overallRead}, Method: "GET", Path: "/api/json"},
			{Name: opListPlugins, Permissions: []string{systemRead}, Method: "GET", Path: "/pluginManager/api/json"},
			{Name: opListComputers, Permissions: []string{overallRead}, Method: "GET", Path: "/computer/api/json"},
			{Name: opExport, Permissions: []string{systemRead}, Method: "POST", Path: "/configuration-as-code/export"},
		},
		Collect: collect.Typed(collectController),
	}
}

// controllerDoc is what is kept of a controller.
type controllerDoc struct {
	Mode           string        `json:"mode"`
	NumExecutors   int64         `json:"numExecutors"`
	SlaveAgentPort int64         `json:"slaveAgentPort"`
	UseCrumbs      bool          `json:"useCrumbs"`
	UseSecurity    bool          `json:"useSecurity"`
	QuietingDown   bool          `json:"quietingDown"`
	URL            string        `json:"url"`
	Version        string        `json:"Version"`
	Plugins        []pluginDoc   `json:"Plugins"`
	Computers      []computerDoc `json:"Computers"`
	Security       *securityDoc  `json:"Security"`
}

type pluginDoc struct {
	ShortName string `json:"shortName"`
	LongName  string `json:"longName"`
	Version   string `json:"version"`
	Active    bool   `json:"active"`
	Enabled   bool   `json:"enabled"`
	HasUpdate bool   `json:"hasUpdate"`
	Pinned    bool   `json:"pinned"`
	Bundled   bool   `json:"bundled"`
	Deleted   bool   `json:"deleted"`
}

type computerDoc struct {
	Class              string `json:"_class"`
	DisplayName        string `json:"displayName"`
	NumExecutors       int64  `json:"numExecutors"`
	Offline            bool   `json:"offline"`
	TemporarilyOffline bool   `json:"temporarilyOffline"`
	JNLPAgent          bool   `json:"jnlpAgent"`
	AssignedLabels     []struct {
		Name string `json:"name"`
	} `json:"assignedLabels"`
}

// What is asked of the controller, its plugins and its computers.
const (
	controllerTree = "mode,numExecutors,slaveAgentPort,useCrumbs,useSecurity,quietingDown,url"
	pluginTree     = "plugins[shortName,longName,version,active,enabled,hasUpdate,pinned,bundled,deleted]"
	computerTree   = "computer[displayName,numExecutors,offline,temporarilyOffline,jnlpAgent,assignedLabels[name]]"
)

func collectController(ctx context.Context, s *session, t *collect.Task) error {
	var answer map[string]any
	var header http.Header
	err := t.Call(ctx, opGetController, func(ctx context.Context) (err error) {
		header, err = s.get(ctx, "/api/json", controllerTree, &answer)
		if _, ok := answer["useSecurity"]; err == nil && !ok {
			err = errors.New("read the answer: it is no controller's")
		}
		return err
	})
	if err != nil {
		return err
	}
	t.Listed(1)
	shape := evidence.ShapeOf[controllerDoc]()
	subject := evidence.Subject{ID: "controller", Name: t.Scope().Account}
	doc := collect.KeepObject(answer, shape)
	for _, key := range []string{"Plugins", "Computers", "Security"} {
		delete(doc, key)
	}
	doc["Version"] = header.Get("X-Jenkins")
	for _, part := range []struct{ key, op, where, tree, list string }{
		{"Plugins", opListPlugins, "/pluginManager/api/json", pluginTree, "plugins"},
		{"Computers", opListComputers, "/computer/api/json", computerTree, "computer"},
	} {
		var answer map[string]any
		_, err := t.Part(ctx, &subject, part.key, part.op, func(ctx context.Context) error {
			_, err := s.get(ctx, part.where, part.tree, &answer)
			if _, ok := answer[part.list].([]any); err == nil && !ok {
				err = errors.New("read the answer: it is no list")
			}
			if err == nil {
				doc[part.key] = collect.Keep(answer[part.list], shape.Fields[part.key])
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	_, err = t.Part(ctx, &subject, "Security", opExport, func(ctx context.Context) error {
		body, _, err := s.ask(ctx, http.MethodPost, "/configuration-as-code/export")
		if err != nil {
			return plugins(err)
		}
		security, err := readSecurity(body)
		if err == nil {
			doc["Security"] = collect.Keep(security, shape.Fields["Security"])
		}
		return err
	})
	if err != nil {
		return err
	}
	return emit(ctx, t, subject, doc)
}
