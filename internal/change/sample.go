package change

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"exhibit/internal/evidence"
)

// Sum identifies a list of changes: the SHA-256 of a line for each, in order of the lines: type, id and the digest of its
// evidence, with a space between them and a line feed at the end.
func Sum(rows []Row) evidence.Digest {
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = fmt.Sprintf("%s %s %s\n", r.Type, r.ID, r.Evidence)
	}
	slices.Sort(lines)
	h := sha256.New()
	for _, l := range lines {
		h.Write([]byte(l))
	}
	return evidence.Digest(h.Sum(nil))
}

// Drawn is a sample of a population, with what it takes to draw it again.
type Drawn struct {
	AsOf       time.Time       `json:"as_of"`
	View       int64           `json:"view"`
	Evaluator  string          `json:"evaluator"`
	Period     evidence.Window `json:"period"`
	Repository string          `json:"repository,omitempty"`
	Population evidence.Digest `json:"population"` // Population.Digest
	Of         int             `json:"of"`
	Seed       string          `json:"seed"`
	Missing    []string        `json:"missing,omitempty"` // of the population
	Changes    []Row           `json:"changes"`
}

// Draw samples the population.
func (p Population) Draw(size int, seed string) Drawn {
	return Drawn{AsOf: p.AsOf, View: p.View, Evaluator: p.Evaluator, Period: p.Period, Repository: p.Repository,
		Population: p.Digest, Of: len(p.Changes), Seed: seed, Missing: p.Missing, Changes: Sample(p.Changes, size, seed)}
}

// Sample draws size changes. Who has the seed and the list draws the same: those whose SHA-256 of the seed, a line feed, the
// type, a space and the id comes first. The sample is in order of the rows.
func Sample(rows []Row, size int, seed string) []Row {
	type drawn struct {
		row int
		sum [sha256.Size]byte
	}
	all := make([]drawn, len(rows))
	for i, r := range rows {
		all[i] = drawn{i, sha256.Sum256([]byte(seed + "\n" + r.Type + " " + r.ID))}
	}
	slices.SortFunc(all, func(a, b drawn) int { return cmp.Or(bytes.Compare(a.sum[:], b.sum[:]), cmp.Compare(a.row, b.row)) })
	all = all[:max(0, min(size, len(all)))]
	slices.SortFunc(all, func(a, b drawn) int { return cmp.Compare(a.row, b.row) })
	out := make([]Row, len(all))
	for i, d := range all {
		out[i] = rows[d.row]
	}
	return out
}
