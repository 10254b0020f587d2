package config

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/owner"
	"exhibit/internal/strictyaml"
)

// rawOwners are the sections as they stand in the file.
type rawOwners struct {
	Owners   []yaml.Node          `yaml:"owners"`
	People   map[string]yaml.Node `yaml:"people"`
	Services map[string]yaml.Node `yaml:"services"`
	Default  yaml.Node            `yaml:"owners_default"`
}

// texts is one text, or a list of them. A number is refused: an account's first zeros would be lost.
type texts []string

// UnmarshalYAML reads it.
func (l *texts) UnmarshalYAML(n *yaml.Node) error {
	list := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		list = n.Content
	}
	for _, one := range list {
		if one.Kind != yaml.ScalarNode || one.ShortTag() != "!!str" || one.Value == "" {
			msg := "expected text, or a list of texts"
			if one.Kind == yaml.ScalarNode && one.Value != "" {
				msg = fmt.Sprintf("%s is read as something else than text: put it in quotes", one.Value)
			}
			mark := yaml.Mark{Line: one.Line, Column: one.Column}
			return &yaml.LoadErrors{Errors: []*yaml.LoadError{{Message: msg, Mark: mark}}}
		}
		*l = append(*l, one.Value)
	}
	return nil
}

// parse reads the sections of a file. The error is strictyaml.Errors.
func (raw rawOwners) parse(file string, data []byte) (owner.Config, *owner.Resolver, error) {
	c := owner.Config{People: map[string]owner.Person{}, Services: map[string]owner.Service{},
		Default: raw.Default.Value}
	var errs strictyaml.Errors
	read := func(err error) {
		var bad strictyaml.Errors
		if errors.As(err, &bad) {
			errs = append(errs, bad...)
		}
	}
	for i := range raw.Owners {
		rule, err := parseRule(file, &raw.Owners[i])
		read(err)
		c.Rules = append(c.Rules, rule)
	}
	for name, n := range raw.People {
		var p owner.Person
		read(strictyaml.DecodeNode(file, &n, &p))
		c.People[name] = p
	}
	for name, n := range raw.Services {
		service, err := parseService(file, &n)
		read(err)
		c.Services[name] = service
	}
	if err := errs.Or(); err != nil {
		return c, nil, err
	}
	resolver, err := owner.New(c)
	var wrong owner.Errors
	switch {
	case errors.As(err, &wrong):
		for _, e := range wrong {
			errs = append(errs, raw.place(file, data, e))
		}
	case err != nil:
		errs = strictyaml.Errors{{File: file, Msg: err.Error()}}
	}
	return c, resolver, errs.Or()
}

func parseRule(file string, n *yaml.Node) (owner.Rule, error) {
	var raw struct {
		Match        string `yaml:"match"`
		Account      texts  `yaml:"account"`
		Project      texts  `yaml:"project"`
		Subscription texts  `yaml:"subscription"`
		Scope        texts  `yaml:"scope"`
		Type         texts  `yaml:"type"`
		Repository   texts  `yaml:"repository"`
		Path         texts  `yaml:"path"`
		Tag          texts  `yaml:"tag"`
		Service      string `yaml:"service"`
		Codeowners   bool   `yaml:"codeowners"`
		Owner        string `yaml:"owner"`
	}
	err := strictyaml.DecodeNode(file, n, &raw)
	return owner.Rule{Match: raw.Match, Account: owner.List(raw.Account), Project: owner.List(raw.Project),
		Subscription: owner.List(raw.Subscription), Scope: owner.List(raw.Scope), Type: owner.List(raw.Type),
		Repository: owner.List(raw.Repository), Path: owner.List(raw.Path), Tag: owner.List(raw.Tag),
		Service: raw.Service, Codeowners: raw.Codeowners, Owner: raw.Owner, Line: n.Line}, err
}

func parseService(file string, n *yaml.Node) (owner.Service, error) {
	var raw struct {
		Owner        string            `yaml:"owner"`
		Accounts     texts             `yaml:"accounts"`
		Repositories texts             `yaml:"repositories"`
		Tags         map[string]string `yaml:"tags"`
		Criticality  string            `yaml:"criticality"`
	}
	err := strictyaml.DecodeNode(file, n, &raw)
	return owner.Service{Owner: raw.Owner, Accounts: owner.List(raw.Accounts),
		Repositories: owner.List(raw.Repositories), Tags: raw.Tags, Criticality: raw.Criticality}, err
}

// place says where in the file a mistake is.
func (raw rawOwners) place(file string, data []byte, e owner.Error) strictyaml.Error {
	var n yaml.Node
	switch e.Section {
	case "owners":
		n = raw.Owners[e.Rule]
	case "services":
		n = raw.Services[e.Name]
	case "people":
		n = raw.People[e.Name]
	default:
		n = raw.Default
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == e.Field {
			n = *n.Content[i+1]
			break
		}
	}
	out := strictyaml.At(file, &n, "%s", e.Msg)
	if n.Kind == yaml.ScalarNode {
		out.Line, out.Column = strictyaml.Scalar{File: file, Data: data, Node: &n}.At(e.Line, e.Column)
	}
	if e.Field != "" {
		out.Msg = e.Field + ": " + out.Msg
	}
	return out
}
