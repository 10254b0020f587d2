package owner

import (
	"cmp"
	"maps"
	"slices"
)

// Survey counts who owns an estate. It sees each subject once and keeps none.
type Survey struct {
	f         *Finder
	report    Report
	owned     map[string]int
	unowned   map[Place]*Unowned
	strangers map[string]*Stranger
	winners   []map[int]int // of each rule, which earlier one took the subject, and how often
	members   map[string]int
}

// Report is what a Survey found. Lists are in order and never nil.
type Report struct {
	Subjects int `json:"subjects"`
	// Owners are all people with how much they own.
	Owners []Owned `json:"owners"`
	// Unowned are the subjects that no rule and no default gives to anybody.
	Unowned []Unowned `json:"unowned"`
	// Strangers are the words that rules gave as owners and that no person goes by.
	Strangers []Stranger `json:"strangers"`
	Rules     []Ruled    `json:"rules"`
	Services  []Member   `json:"services"`
}

// Owned is one person with how many subjects they own.
type Owned struct {
	Name      string `json:"name"`
	Subjects  int    `json:"subjects"`
	Reachable bool   `json:"reachable"` // there is an address
}

// Place is where subjects are.
type Place struct {
	Type  string `json:"type"`
	Scope string `json:"scope"`
}

// Unowned are the unowned subjects of one place.
type Unowned struct {
	Place
	Count    int      `json:"count"`
	Examples []string `json:"examples"`
}

// Stranger is a word that no person goes by.
type Stranger struct {
	Word    string `json:"word"`
	Count   int    `json:"count"` // subjects
	Rules   []int  `json:"rules"` // that gave it, from 1
	Example string `json:"example"`
}

// Ruled is one rule with what it does.
type Ruled struct {
	Rule int    `json:"rule"` // from 1
	Line int    `json:"line"`
	What string `json:"what"`
	// Matches are the subjects that it is about; Owns those of them that it gives to somebody.
	Matches int `json:"matches"`
	Owns    int `json:"owns"`
	// ShadowedBy is the earlier rule that takes most of what it is about, when it owns nothing for that reason; 0 is
	// none.
	ShadowedBy int `json:"shadowed_by,omitempty"`
	// Unread are subjects of which it could not be told, Why the first reason.
	Unread int    `json:"unread,omitempty"`
	Why    string `json:"why,omitempty"`
}

// Member is one service with how many subjects are part of it.
type Member struct {
	Name        string `json:"name"`
	Owner       string `json:"owner"`
	Criticality string `json:"criticality,omitempty"`
	Subjects    int    `json:"subjects"`
}

// maxGroups bounds the places and words that are told apart; what comes beyond is counted under no name.
const maxGroups = 10_000

// maxExamples is how many subjects of a place are named.
const maxExamples = 3

// Survey begins a survey.
func (f *Finder) Survey() *Survey {
	s := &Survey{f: f, owned: map[string]int{}, unowned: map[Place]*Unowned{}, strangers: map[string]*Stranger{},
		members: map[string]int{}, winners: make([]map[int]int, len(f.rules))}
	for i, r := range f.rules {
		s.report.Rules = append(s.report.Rules, Ruled{Rule: i + 1, Line: r.Line, What: r.String()})
		s.winners[i] = map[int]int{}
	}
	return s
}

// Add counts one subject. Every rule is asked, so that those which never have a say are found.
func (s *Survey) Add(one Subject) error {
	t, err := s.f.target(one)
	if err != nil {
		return err
	}
	s.report.Subjects++
	answer := Answer{}
	for i := range s.f.rules {
		o, err := s.f.ask(i, t)
		if err != nil {
			return err
		}
		s.count(i, o, &answer, one)
	}
	if answer.Owner == "" {
		answer = s.f.Fallback("")
	}
	if answer.Owner == "" {
		s.miss(one)
	} else {
		s.owned[answer.Owner]++
	}
	for _, name := range s.f.services {
		if in, _ := s.f.config.Services[name].holds(t); in {
			s.members[name]++
		}
	}
	return nil
}

// count notes what came of rule i, of which the first that names somebody decides.
func (s *Survey) count(i int, o outcome, answer *Answer, one Subject) {
	r := &s.report.Rules[i]
	if o.matches {
		r.Matches++
	}
	if o.unread != "" {
		r.Unread++
		r.Why = cmp.Or(r.Why, o.unread)
	}
	switch {
	case answer.Owner != "":
		if o.matches {
			s.winners[i][answer.Rule]++
		}
		return // what a later rule would have said is of no consequence
	case o.owner != "":
		*answer = Answer{o.owner, ByRule, i + 1}
		r.Owns++
	}
	for _, word := range o.unknown {
		if s.strangers[word] == nil && len(s.strangers) >= maxGroups {
			word = ""
		}
		if s.strangers[word] == nil {
			s.strangers[word] = &Stranger{Word: word, Example: one.ID}
		}
		w := s.strangers[word]
		w.Count++
		if !slices.Contains(w.Rules, i+1) {
			w.Rules = append(w.Rules, i+1)
		}
	}
}

// miss notes a subject that nobody owns.
func (s *Survey) miss(one Subject) {
	p := Place{one.Type, one.Scope.ID()}
	if s.unowned[p] == nil && len(s.unowned) >= maxGroups {
		p = Place{}
	}
	if s.unowned[p] == nil {
		s.unowned[p] = &Unowned{Place: p}
	}
	u := s.unowned[p]
	u.Count++
	if len(u.Examples) < maxExamples {
		u.Examples = append(u.Examples, one.ID)
	}
}

// Report ends the survey.
func (s *Survey) Report() Report {
	r := s.report
	for i := range r.Rules {
		if r.Rules[i].Owns > 0 {
			continue
		}
		most := 0
		for _, winner := range slices.Sorted(maps.Keys(s.winners[i])) {
			if n := s.winners[i][winner]; n > most {
				r.Rules[i].ShadowedBy, most = winner, n
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.f.config.People)) {
		r.Owners = append(r.Owners, Owned{name, s.owned[name], s.f.config.People[name].Reachable()})
	}
	for _, name := range s.f.services {
		service := s.f.config.Services[name]
		r.Services = append(r.Services, Member{name, s.f.Known(service.Owner), service.Criticality, s.members[name]})
	}
	for _, u := range s.unowned {
		r.Unowned = append(r.Unowned, *u)
	}
	slices.SortFunc(r.Unowned, func(a, b Unowned) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Scope, b.Scope))
	})
	for _, w := range s.strangers {
		r.Strangers = append(r.Strangers, *w)
	}
	slices.SortFunc(r.Strangers, func(a, b Stranger) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Word, b.Word))
	})
	r.Owners, r.Unowned, r.Strangers = some(r.Owners), some(r.Unowned), some(r.Strangers)
	r.Rules, r.Services = some(r.Rules), some(r.Services)
	return r
}

// some makes a list one that is there, so that its JSON is never null.
func some[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
