package jenkins

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"exhibit/internal/collect"
)

// jobConfig is what is kept of a job's config.xml. Classes are Jenkins's own names of what does the work.
type jobConfig struct {
	// Kind is the document's outermost element: "flow-definition" is a pipeline, "project" a job of steps.
	Kind string `json:"kind"`
	// Definition is where a pipeline comes from: class …CpsScmFlowDefinition from a repository, …CpsFlowDefinition from
	// the job itself, …SCMBinder from the branch of its multibranch project.
	Definition *definition `json:"definition,omitempty"`
	// SCM is the repository of a job of steps.
	SCM *scm `json:"scm,omitempty"`
	// Sources are where a multibranch project or an organisation finds its branches.
	Sources []branchSource `json:"sources,omitempty"`
	// Factory is the script that a multibranch project looks for in each branch.
	Factory *definition `json:"factory,omitempty"`
	// Builders are the classes of a job's steps, in order.
	Builders   []string    `json:"builders,omitempty"`
	Triggers   []trigger   `json:"triggers,omitempty"`
	Parameters []parameter `json:"parameters,omitempty"`
	// RemoteTrigger says that whoever knows a token may start it without signing in.
	RemoteTrigger bool `json:"remoteTrigger"`
	// DiscardBuilds says that builds are thrown away, after days or when there are more, -1 for never.
	DiscardBuilds *discarder `json:"discardBuilds,omitempty"`
	// Permissions are those that the job's or folder's own matrix grants.
	Permissions []string `json:"permissions,omitempty"`
}

type definition struct {
	Class       string `json:"class"`
	Script      string `json:"script,omitempty"`
	ScriptPath  string `json:"scriptPath,omitempty"`
	Sandbox     *bool  `json:"sandbox,omitempty"`
	Lightweight *bool  `json:"lightweight,omitempty"`
	SCM         *scm   `json:"scm,omitempty"`
}

type scm struct {
	Class    string   `json:"class"`
	URLs     []string `json:"urls"`
	Branches []string `json:"branches"`
}

type branchSource struct {
	Class      string `json:"class"`
	URL        string `json:"url,omitempty"`
	Owner      string `json:"owner,omitempty"`
	Repository string `json:"repository,omitempty"`
	// Traits are what it takes for branches, forks among them.
	Traits []string `json:"traits,omitempty"`
}

type trigger struct {
	Class string `json:"class"`
	Spec  string `json:"spec,omitempty"`
}

type parameter struct {
	Class string `json:"class"`
	Name  string `json:"name"`
}

type discarder struct {
	Days int64 `json:"days"`
	Most int64 `json:"most"`
}

// element is one element of a configuration.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []element  `xml:",any"`
}

func (e element) name() string { return e.XMLName.Local }

// class is the class of an element: its attribute, or else its name.
func (e element) class() string {
	for _, a := range e.Attrs {
		if a.Name.Local == "class" {
			return a.Value
		}
	}
	return e.name()
}

// at returns the element at a path of names, empty when there is none.
func (e element) at(path ...string) element {
	for _, name := range path {
		found := element{}
		for _, c := range e.Children {
			if c.name() == name {
				found = c
				break
			}
		}
		e = found
	}
	return e
}

func (e element) there() bool { return e.name() != "" }

func (e element) text() string { return strings.TrimSpace(e.Text) }

// each calls f for every element of a name beneath e, at any depth.
func (e element) each(name string, f func(element)) {
	for _, c := range e.Children {
		if c.name() == name {
			f(c)
		}
		c.each(name, f)
	}
}

// texts are the texts of elements of a name beneath e, without what a repository's address tells of who asks.
func (e element) texts(name string) []string {
	list := []string{}
	e.each(name, func(c element) { list = append(list, collect.Bare(c.text())) })
	return list
}

// truth is a boolean element, nil when there is none.
func (e element) truth(name string) *bool {
	if v, err := strconv.ParseBool(e.at(name).text()); err == nil {
		return &v
	}
	return nil
}

// readJobConfig reads a config.xml. Jenkins writes XML 1.1, of which Go's reader knows what Jenkins uses but not the name.
func readJobConfig(body []byte) (jobConfig, error) {
	text := bytes.TrimSpace(body)
	if bytes.HasPrefix(text, []byte("<?xml")) {
		if _, after, ok := bytes.Cut(text, []byte("?>")); ok {
			text = after
		}
	}
	var root element
	if err := xml.Unmarshal(text, &root); err != nil {
		return jobConfig{}, errors.New("read the configuration: it is no XML") // the error would quote the document
	}
	if strings.EqualFold(root.name(), "html") {
		return jobConfig{}, fmt.Errorf("read the configuration: it is a %s page", root.name())
	}
	c := jobConfig{Kind: root.name(), Definition: root.definition("definition"), SCM: root.scm(),
		Factory: root.definition("factory"), RemoteTrigger: root.at("authToken").text() != ""}
	for _, s := range root.at("sources", "data").Children {
		c.Sources = append(c.Sources, s.at("source").branches())
	}
	for _, n := range root.at("navigators").Children {
		c.Sources = append(c.Sources, n.branches())
	}
	for _, b := range root.at("builders").Children {
		c.Builders = append(c.Builders, b.class())
	}
	for _, t := range root.triggers() {
		c.Triggers = append(c.Triggers, trigger{Class: t.class(), Spec: t.at("spec").text()})
	}
	root.each("parameterDefinitions", func(list element) {
		for _, p := range list.Children {
			c.Parameters = append(c.Parameters, parameter{Class: p.class(), Name: p.at("name").text()})
		}
	})
	for _, p := range root.at("properties").Children {
		if strings.HasSuffix(p.name(), "AuthorizationMatrixProperty") {
			c.Permissions = append(c.Permissions, p.texts("permission")...)
		}
	}
	c.DiscardBuilds = root.discards()
	return c, nil
}

// definition is where a script comes from.
func (e element) definition(name string) *definition {
	d := e.at(name)
	if !d.there() {
		return nil
	}
	return &definition{Class: d.class(), Script: d.at("script").Text, ScriptPath: d.at("scriptPath").text(),
		Sandbox: d.truth("sandbox"), Lightweight: d.truth("lightweight"), SCM: d.scm()}
}

// scm is a repository; a job without one has a class that says so.
func (e element) scm() *scm {
	s := e.at("scm")
	if !s.there() {
		return nil
	}
	out := &scm{Class: s.class(), URLs: append(s.at("userRemoteConfigs").texts("url"), s.at("locations").texts("remote")...)}
	out.Branches = s.at("branches").texts("name")
	return out
}

// branches is a source of branches.
func (e element) branches() branchSource {
	out := branchSource{Class: e.class(), Owner: e.at("repoOwner").text(), Repository: e.at("repository").text()}
	for _, name := range []string{"repositoryUrl", "remote", "projectPath", "serverUrl"} {
		if text := e.at(name).text(); text != "" {
			out.URL = collect.Bare(text)
			break
		}
	}
	for _, t := range e.at("traits").Children {
		out.Traits = append(out.Traits, t.name())
	}
	return out
}

// triggers are those of a job of steps, and those that a pipeline keeps among its properties.
func (e element) triggers() []element {
	list := e.at("triggers").Children
	for _, p := range e.at("properties").Children {
		if strings.HasSuffix(p.name(), "PipelineTriggersJobProperty") {
			list = append(list, p.at("triggers").Children...)
		}
	}
	return list
}

// discards says how builds are thrown away.
func (e element) discards() *discarder {
	rotator := e.at("logRotator")
	for _, p := range e.at("properties").Children {
		if strings.HasSuffix(p.name(), "BuildDiscarderProperty") {
			rotator = p.at("strategy")
		}
	}
	if !rotator.there() {
		return nil
	}
	number := func(name string) int64 {
		n, err := strconv.ParseInt(rotator.at(name).text(), 10, 64)
		if err != nil {
			return -1
		}
		return n
	}
	return &discarder{Days: number("daysToKeep"), Most: number("numToKeep")}
}
