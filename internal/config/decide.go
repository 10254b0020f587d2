package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/evidence"
	"exhibit/internal/strictyaml"
)

// NewAcceptance is what somebody asks to be accepted. Times are dates, or times as RFC 3339 has them. Nobody approves
// his own request: there is no approver in it.
type NewAcceptance struct {
	Requester, Owner, Reason, Category, Check, Scope string
	Subjects, Compensating                           []string
	Ticket, Renews, Start, End, Zone                 string
}

// CheckAcceptance returns what would be read back if n were written.
func (c *Config) CheckAcceptance(id string, n NewAcceptance) (evidence.RiskAcceptance, error) {
	path, err := decisionPath("acceptance", "acceptances", c.Acceptances, id)
	if err != nil {
		return evidence.RiskAcceptance{}, err
	}
	return parseAcceptance(path, id, n.text(id), c.Acceptance)
}

// AddAcceptance writes n, which CheckAcceptance has passed, into a new file of the folder of acceptances and returns
// its path. It never overwrites.
func (c *Config) AddAcceptance(id string, n NewAcceptance) (string, error) {
	path, err := decisionPath("acceptance", "acceptances", c.Acceptances, id)
	if err != nil {
		return "", err
	}
	return path, writeNew(path, n.text(id))
}

func (n NewAcceptance) text(id string) []byte {
	return fileText("# Has no effect until another person than requester and owner approves it: exhibit accept approve "+id,
		"requester", n.Requester, "owner", n.Owner, "reason", n.Reason, "category", n.Category, "check", n.Check, "scope",
		n.Scope,
		"subjects", n.Subjects, "compensating", n.Compensating, "ticket", n.Ticket, "renews", n.Renews, "start", n.Start,
		"end", n.End, "zone", n.Zone)
}

// ReadAcceptance reads one file of the folder of acceptances, with its zone.
func (c *Config) ReadAcceptance(id string) (a evidence.RiskAcceptance, zone string, err error) {
	path, err := decisionPath("acceptance", "acceptances", c.Acceptances, id)
	if err != nil {
		return a, "", err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return a, "", fmt.Errorf("read acceptance: %w", err)
	}
	if a, err = parseAcceptance(path, id, data, c.Acceptance); err != nil {
		return a, "", err
	}
	var f acceptance
	err = strictyaml.Decode(path, data, &f)
	return a, f.Zone.Value, err
}

// SetAcceptance sets one key of an acceptance's file and leaves the rest as it is, comments too. The result must be
// valid.
func (c *Config) SetAcceptance(id, key, value string) (evidence.RiskAcceptance, error) {
	var a evidence.RiskAcceptance
	path, err := decisionPath("acceptance", "acceptances", c.Acceptances, id)
	if err != nil {
		return a, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return a, fmt.Errorf("change acceptance: %w", err)
	}
	text, err := setKey(path, data, key, value)
	if err != nil {
		return a, err
	}
	if a, err = parseAcceptance(path, id, text, c.Acceptance); err != nil {
		return a, err
	}
	return a, replace(path, text)
}

// NewAttestation is what somebody states. Times are as in NewAcceptance.
type NewAttestation struct {
	Control, Requirement, Scope, Author, Statement string
	From, To, Expires, Zone                        string
	Attach                                         []string // paths of files
}

// AddAttestation writes a new file into the folder of attestations, with copies of what is attached in a folder beside
// it, and returns what was read back. It never overwrites.
func (c *Config) AddAttestation(id string, n NewAttestation) (string, Statement, error) {
	path, err := decisionPath("attestation", "attestations", c.Attestations, id)
	if err != nil {
		return "", Statement{}, err
	}
	var names []string
	contents := map[string][]byte{}
	for _, file := range n.Attach {
		name := filepath.Base(file)
		if contents[name] != nil {
			return "", Statement{}, fmt.Errorf("attach %s: there are two of that name", name)
		}
		content, err := ReadAttachment(file)
		if err != nil {
			return "", Statement{}, fmt.Errorf("attach: %w", err)
		}
		names, contents[name] = append(names, name), content
	}
	text := fileText("", "control", n.Control, "requirement", n.Requirement, "scope", n.Scope, "author", n.Author,
		"statement", n.Statement, "from", n.From, "to", n.To, "expires", n.Expires, "zone", n.Zone, "attachments", names)
	if _, err := parseAttestation(path, id, text, c.Attestation); err != nil {
		return "", Statement{}, err
	}
	if len(names) > 0 {
		if err := os.MkdirAll(filepath.Join(filepath.Dir(path), id), 0o755); err != nil {
			return "", Statement{}, fmt.Errorf("attach: %w", err)
		}
	}
	for _, name := range names { // before the statement that names them
		if err := writeNew(filepath.Join(filepath.Dir(path), id, name), contents[name]); err != nil {
			return "", Statement{}, fmt.Errorf("attach: %w", err)
		}
	}
	if err := writeNew(path, text); err != nil {
		return "", Statement{}, err
	}
	s, err := c.ReadAttestation(id)
	return path, s, err
}

// decisionPath is where the file of an id stands.
func decisionPath(what, key, dir, id string) (string, error) {
	switch {
	case dir == "":
		return "", fmt.Errorf("there is no folder of %s: name one in the configuration, such as %s: ./%s/", key, key, key)
	case !decisionID.MatchString(id):
		return "", fmt.Errorf("%s %q: expected an id of letters, digits, ., - and _", what, id)
	}
	return filepath.Join(dir, id+".yaml"), nil
}

// fileText writes keys with their values, which are text or lists of it; empty ones are left out.
func fileText(comment string, pairs ...any) []byte {
	var b bytes.Buffer
	if comment != "" {
		b.WriteString(comment + "\n")
	}
	for i := 0; i < len(pairs); i += 2 {
		value := quoted(pairs[i+1])
		if value != `""` && value != "null" {
			fmt.Fprintf(&b, "%s: %s\n", pairs[i], value)
		}
	}
	return b.Bytes()
}

// quoted is a value as JSON writes it, which is YAML too.
func quoted(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // text and lists of it
	return strings.TrimSuffix(b.String(), "\n")
}

// setKey sets a key of a file's mapping whose value stands in one line, or adds it at the end.
func setKey(path string, data []byte, key, value string) ([]byte, error) {
	var doc yaml.Node
	if err := strictyaml.Decode(path, data, &doc); err != nil {
		return nil, err
	}
	line := key + ": " + quoted(value)
	root := &doc
	if root.Kind == yaml.DocumentNode {
		root = root.Content[0]
	}
	if root.Kind != yaml.MappingNode || root.Style&yaml.FlowStyle != 0 {
		return nil, strictyaml.Errors{strictyaml.At(path, root, "expected a key in each line; change it by hand")}
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for i := 0; i+1 < len(root.Content); i += 2 {
		k, v := root.Content[i], root.Content[i+1]
		if k.Value != key {
			continue
		}
		next := len(lines) + 1
		if i+2 < len(root.Content) {
			next = root.Content[i+2].Line
		}
		if v.Kind != yaml.ScalarNode || v.Line > k.Line || v.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 ||
			next <= k.Line {
			return nil, strictyaml.Errors{strictyaml.At(path, k, "%s stands in more than one line; change it by hand", key)}
		}
		lines[k.Line-1] = line
		return []byte(strings.Join(lines, "\n") + "\n"), nil
	}
	return []byte(strings.Join(append(lines, line), "\n") + "\n"), nil
}

// writeNew writes a file that must not exist.
func writeNew(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists: nothing is overwritten; name another id", path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; create the folder first", err)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// replace puts content in a file's place at once.
func replace(path string, content []byte) error {
	next := path + ".new"
	if err := writeNew(next, content); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return errors.Join(err, os.Remove(next))
	}
	return nil
}
