package daemon

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"exhibit/internal/assess"
	"exhibit/internal/catalog"
	"exhibit/internal/collect"
)

// Need is one permission and what it is needed for.
type Need struct {
	Permission string   `json:"permission"`
	Operations []string `json:"operations"`
	// Lost is what cannot be told without it.
	Lost Lost `json:"lost"`
}

// Lost is what a missing permission costs: these checks become unknown where their subjects are concerned, and nothing
// else changes.
type Lost struct {
	// Source says that nothing at all is collected.
	Source bool `json:"source,omitempty"`
	// Accounts says that nothing is collected where the accounts of an organisation are asked for.
	Accounts bool `json:"accounts,omitempty"`
	// Regions says that nothing regional is collected where the regions are not configured.
	Regions bool `json:"regions,omitempty"`
	// Types are the subject types that cannot be listed.
	Types []string `json:"types"`
	// Parts are the keys of documents that are missing, by subject type.
	Parts map[string][]string `json:"parts"`
	// Checks are in order of id.
	Checks []LostCheck `json:"checks"`
}

// LostCheck is a check that may become unknown.
type LostCheck struct {
	Check   string `json:"check"`
	Control string `json:"control"`
}

// needs lists the permissions of a provider in order.
func needs(cat *catalog.Catalog, p collect.Provider) ([]Need, error) {
	out := []Need{}
	for _, permission := range collect.Permissions(p) {
		n := Need{Permission: permission, Operations: []string{}}
		n.Lost.Parts = map[string][]string{}
		for _, o := range p.Operations() {
			if slices.Contains(o.Permissions, permission) {
				n.Operations = append(n.Operations, o.Name)
				n.Lost.Source = n.Lost.Source || o.Loses == collect.LosesSource
				n.Lost.Accounts = n.Lost.Accounts || o.Loses == collect.LosesAccounts
				n.Lost.Regions = n.Lost.Regions || o.Loses == collect.LosesRegions
			}
		}
		types := map[string]bool{}
		for _, c := range p.Collectors() {
			if n.Lost.Source || n.Lost.Regions && c.Regional {
				types[c.Type()] = true
			}
			if err := n.of(p, c, types); err != nil {
				return nil, err
			}
		}
		slices.Sort(n.Operations)
		n.Operations = slices.Compact(n.Operations)
		n.Lost.Types = append([]string{}, slices.Sorted(maps.Keys(types))...)
		for _, typ := range n.Lost.Types {
			delete(n.Lost.Parts, typ)
		}
		n.Lost.Checks = n.Lost.checks(cat)
		out = append(out, n)
	}
	return out, nil
}

// of adds what a collector loses.
func (n *Need) of(p collect.Provider, c collect.Collector, types map[string]bool) error {
	feeds, known, err := collect.Feeds(p, c.Type())
	if err != nil {
		return err
	}
	for _, o := range c.Operations {
		if !slices.Contains(o.Permissions, n.Permission) {
			continue
		}
		n.Operations = append(n.Operations, o.Name)
		keys, named := feeds[o.Name]
		if !known || !named || slices.Contains(keys, collect.FeedsList) {
			types[c.Type()] = true
			continue
		}
		if parts := append(n.Lost.Parts[c.Type()], keys...); len(parts) > 0 {
			slices.Sort(parts)
			n.Lost.Parts[c.Type()] = slices.Compact(parts)
		}
	}
	return nil
}

// checks lists the checks that read any of it.
func (l Lost) checks(cat *catalog.Catalog) []LostCheck {
	out := []LostCheck{}
	for _, control := range cat.Controls {
		for _, k := range control.Checks {
			if l.touches(cat.Evaluator().Reads(k.ID)) {
				out = append(out, LostCheck{k.ID, control.ID})
			}
		}
	}
	slices.SortFunc(out, func(a, b LostCheck) int { return strings.Compare(a.Check, b.Check) })
	return out
}

// touches reports whether something of what is read is lost.
func (l Lost) touches(reads map[string][]string) bool {
	for typ, keys := range reads {
		if slices.Contains(l.Types, typ) {
			return true
		}
		for _, part := range l.Parts[typ] {
			if slices.Contains(keys, part) || slices.Contains(keys, assess.WholeDocument) {
				return true
			}
		}
	}
	return false
}

// partsShown is how many keys of a document are named for people.
const partsShown = 10

// String names it in a few words, the checks not among them.
func (l Lost) String() string {
	if l.Source {
		return "the whole source"
	}
	var parts []string
	if l.Regions {
		parts = append(parts, "everything regional")
	} else if len(l.Types) > 0 {
		parts = append(parts, strings.Join(l.Types, ", "))
	}
	for _, typ := range slices.Sorted(maps.Keys(l.Parts)) {
		keys := l.Parts[typ]
		if len(keys) > partsShown {
			keys = append(slices.Clone(keys[:partsShown]), fmt.Sprintf("and %d others", len(keys)-partsShown))
		}
		parts = append(parts, typ+": "+strings.Join(keys, ", "))
	}
	if len(parts) == 0 {
		return "nothing that a check reads"
	}
	return strings.Join(parts, "; ")
}
