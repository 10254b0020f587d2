package collect

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
)

// Permissions returns every permission that the provider's declared operations need, sorted: the least that a
// collecting identity can do with.
func Permissions(p Provider) []string {
	var all []string
	add := func(operations []Operation) {
		for _, o := range operations {
			all = append(all, o.Permissions...)
		}
	}
	add(p.Operations())
	for _, c := range p.Collectors() {
		add(c.Operations)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Fed is a provider that knows what of its subjects rests on which operation. Its package's FeedsDir holds a file a
// subject type, which the conformance suite writes and holds true.
type Fed interface{ Feeds() fs.FS }

// FeedsDir is the folder of a provider's package whose files Feeds holds.
const FeedsDir = "feeds"

// FeedsList among what an operation feeds stands for the subjects themselves: without it the list is not whole.
const FeedsList = "*"

// Feeds returns, for each operation of the subject type's collector, what is missing when it may not be asked: keys of
// the documents, FeedsList, or nothing. ok is false where that is not known: then everything rests on everything.
func Feeds(p Provider, subjectType string) (feeds map[string][]string, ok bool, err error) {
	fed, ok := p.(Fed)
	if !ok {
		return nil, false, nil
	}
	raw, err := fs.ReadFile(fed.Feeds(), FeedsDir+"/"+subjectType+".json")
	if err != nil {
		return nil, false, fmt.Errorf("read what feeds %s: %w", subjectType, err)
	}
	if err := json.Unmarshal(raw, &feeds); err != nil {
		return nil, false, fmt.Errorf("read what feeds %s: %w", subjectType, err)
	}
	return feeds, true, nil
}
