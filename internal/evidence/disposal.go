package evidence

import "time"

// Disposal is the body of an entry of KindDisposal: from it on, the documents of the snapshots that it names are gone. What
// was seen stays provable: runs, snapshots, lists with every subject and the digest of its document, findings, and how long
// what failed, with the facts that decided it.
type Disposal struct {
	At time.Time `json:"at"`
	// Who is the operating system's user that asked for it, or the daemon's.
	Who string `json:"who"`
	// Series are those of which documents are disposed of, sorted by name.
	Series []DisposedSeries `json:"series"`
	// Observations are those of old assessments; nil when none are disposed of.
	Observations *DisposedObservations `json:"observations,omitempty"`
	// Holds are what kept documents that would be disposed of otherwise.
	Holds []Hold `json:"holds,omitempty"`
}

// DisposedSeries says up to where the documents of one series are disposed of.
type DisposedSeries struct {
	// Series is the name of the series, as Snapshot.Series gives it.
	Series string `json:"series"`
	// Keep is how long its documents are kept.
	Keep Duration `json:"keep"`
	// Through is the first entry whose snapshot keeps its documents.
	Through int64 `json:"through"`
	// Snapshots is how many snapshots newly lose their documents.
	Snapshots int `json:"snapshots"`
}

// DisposedObservations says up to where the observations of assessments are disposed of. Those that an interval of states
// rests on stay.
type DisposedObservations struct {
	Keep    Duration `json:"keep"`
	Through int64    `json:"through"` // the first entry whose assessment keeps its observations
	// Assessments is how many newly lose their observations.
	Assessments int `json:"assessments"`
}

// Hold keeps documents however old they are, for as long as it is there.
type Hold struct {
	Name string `json:"name"`
	// Reason is why: a case, an investigation.
	Reason string `json:"reason"`
	// Types are patterns of subject types; none means all.
	Types []string `json:"types,omitempty"`
	// From is the time since which documents are held; zero means since ever.
	From time.Time `json:"from,omitzero"`
}
