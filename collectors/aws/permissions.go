package aws

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"exhibit/internal/collect"
)

// policy is an IAM policy document.
type policy struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid      string
	Effect   string
	Action   []string
	Resource string
}

// managed is one customer managed policy of the reading role. A role holds ten, unless its quota was raised.
type managed struct {
	// Name is what the policy is called, after the name of its role.
	Name string
	// Home policies are for the organisation's management account or a delegated administrator, and for no other.
	Home bool
	policy
}

// policyLimit is how many characters a managed policy may have, without white space.
const policyLimit = 6144

// Permissions returns IAM policies with the actions that the declared operations need and no more, as one JSON document
// after the other: a managed policy is bounded, so that there are as many as are needed. List and describe actions know
// no narrower resource than all; nothing in them reads an object, a secret or a log.
func (p Provider) Permissions() string {
	var b strings.Builder
	for _, text := range p.Policies() {
		b.WriteString(text)
	}
	return b.String()
}

// Policies returns the documents of Permissions one by one.
func (p Provider) Policies() []string {
	var all []string
	for _, m := range policies(collect.Permissions(p)) {
		all = append(all, m.text())
	}
	return all
}

// policies divides sorted actions among as few policies as hold them, services in order and no service in two policies
// unless it is larger than one; what only the organisation's home needs stands apart.
func policies(actions []string) []managed {
	var member, home []string
	central := homeActions()
	for _, a := range actions {
		if central[a] {
			home = append(home, a)
		} else {
			member = append(member, a)
		}
	}
	out := divide("read", "ExhibitReadsConfiguration", member)
	for _, m := range divide("organization", "ExhibitReadsOrganization", home) {
		m.Home = true
		out = append(out, m)
	}
	return out
}

// homeActions are those that answer for the whole organisation and for nothing else: only its management account, or an
// account that it delegated the service to, may ask them.
func homeActions() map[string]bool {
	home := map[string]bool{}
	note := func(operations []collect.Operation, central bool) {
		for _, o := range operations {
			for _, p := range o.Permissions {
				if central {
					home[p] = true
				} else {
					delete(home, p)
				}
			}
		}
	}
	for _, central := range []bool{true, false} {
		for _, c := range Collectors() {
			if shared(c.Type()) == central {
				note(c.Operations, central)
			}
		}
		if central {
			note(memberOperations(), true)
		}
	}
	return home
}

// divide fills one policy after the other.
func divide(name, sid string, actions []string) []managed {
	var out []managed
	var open []string
	shut := func() {
		if len(open) > 0 {
			out = append(out, newManaged(name, sid, len(out)+1, open))
			open = nil
		}
	}
	for _, service := range byService(actions) {
		if !fits(sid, append(slices.Clone(open), service...)) {
			shut()
		}
		for _, a := range service {
			if !fits(sid, append(slices.Clone(open), a)) {
				shut()
			}
			open = append(open, a)
		}
	}
	shut()
	if len(out) == 1 {
		out[0] = newManaged(name, sid, 0, out[0].Statement[0].Action)
	}
	return out
}

// newManaged numbers the policy unless n is 0.
func newManaged(name, sid string, n int, actions []string) managed {
	if n > 0 {
		name, sid = fmt.Sprintf("%s-%d", name, n), fmt.Sprintf("%s%d", sid, n)
	}
	return managed{Name: name, policy: policy{Version: "2012-10-17", Statement: []statement{{
		Sid: sid, Effect: "Allow", Action: slices.Clone(actions), Resource: "*",
	}}}}
}

// byService cuts sorted actions where the service changes.
func byService(actions []string) [][]string {
	var out [][]string
	var last string
	for _, a := range actions {
		service, _, _ := strings.Cut(a, ":")
		if len(out) == 0 || service != last {
			out = append(out, nil)
		}
		out[len(out)-1], last = append(out[len(out)-1], a), service
	}
	return out
}

// fits leaves room for a number of two digits.
func fits(sid string, actions []string) bool {
	return size(newManaged("", sid, 10, actions).text()) <= policyLimit
}

// size counts a policy as IAM does.
func size(text string) int {
	n := 0
	for _, r := range text {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// text is the document for people to read.
func (m managed) text() string {
	raw, err := json.MarshalIndent(m.policy, "", "  ")
	if err != nil {
		panic(err) // strings always encode
	}
	return string(raw) + "\n"
}
