package format

import (
	"strconv"
	"strings"

	"exhibit/internal/evidence"
)

// The files of a bundle in their order. The bodies of entries and their attachments follow Entries; subjects and their
// lists follow Snapshots, one pair for each subject type in order of name; pages stand before Bundle.
const (
	Readme           = "README.txt" // stored
	CheckpointStart  = "ledger/checkpoint-start.txt"
	CheckpointEnd    = "ledger/checkpoint-end.txt"
	CheckpointNow    = "ledger/checkpoint-now.txt"
	Leaves           = "ledger/leaves.txt"
	Entries          = "ledger/entries.jsonl"
	SnapshotList     = "manifests/snapshots.jsonl"
	Snapshots        = "evidence/snapshots.jsonl"
	ObservationsList = "manifests/observations.jsonl"
	Observations     = "assessments/observations.jsonl"
	FindingsList     = "manifests/findings.jsonl"
	Findings         = "assessments/findings.jsonl"
	Exposures        = "derived/exposures.jsonl"
	Changes          = "derived/changes.jsonl"
	Gaps             = "derived/gaps.jsonl"
	Redactions       = "derived/redactions.jsonl"
	Omissions        = "omissions.jsonl"
	Controls         = "controls.md"
	Index            = "index.csv"
	Attachments      = "attachments/" // and the object's 64 hex digits
	PagesFolder      = "report/"
	Bundle           = "bundle.json"     // stored
	AllowedSigners   = "allowed_signers" // stored
	Sums             = "SHA256SUMS"      // stored
	Signature        = "SHA256SUMS.sig"  // stored
)

// Series of the lists that are not subjects.
const (
	ObservationsSeries = "observations"
	FindingsSeries     = "findings"
)

// Bodies lists the kinds of entries with the file that holds their bodies, in the order of the files.
func Bodies() []Body {
	return []Body{
		{Kind: evidence.KindGenesis, File: "ledger/genesis.jsonl"},
		{Kind: evidence.KindDisposal, File: "ledger/disposals.jsonl"},
		{Kind: evidence.KindCatalog, File: "catalogs.jsonl"},
		{Kind: evidence.KindAcceptance, File: "acceptances.jsonl"},
		{Kind: evidence.KindAttestation, File: "attestations.jsonl"},
		{Kind: evidence.KindAccessReview, File: "access-reviews.jsonl", IfAny: true},
		{Kind: evidence.KindDecision, File: "decisions.jsonl", IfAny: true},
		{Kind: evidence.KindAction, File: "actions.jsonl", IfAny: true},
		{Kind: evidence.KindMessage, File: "messages.jsonl", IfAny: true},
		{Kind: evidence.KindDelivery, File: "deliveries.jsonl", IfAny: true},
		{Kind: evidence.KindRun, File: "evidence/runs.jsonl"},
		{Kind: evidence.KindAssessment, File: "assessments/assessments.jsonl"},
	}
}

// Body says where the bodies of a kind of entry stand: one a line, in order of the entries.
type Body struct {
	Kind evidence.Kind
	File string
	// IfAny is set for a file that is there only when an entry of the kind has its body in the bundle.
	IfAny bool
}

// SubjectList returns the file of a subject type's lists.
func SubjectList(subjectType string) string { return "manifests/" + subjectType + ".jsonl" }

// Subjects returns the file of a subject type's objects.
func Subjects(subjectType string) string { return "evidence/" + subjectType + ".jsonl" }

// SeriesType returns the subject type in a snapshot's series, "source|type|scope".
func SeriesType(series string) string {
	_, rest, _ := strings.Cut(series, "|")
	subjectType, _, _ := strings.Cut(rest, "|")
	return subjectType
}

// ObservationCheck returns the check in an observation's key, "scope|check|subject".
func ObservationCheck(key string) string {
	_, rest, _ := strings.Cut(key, "|")
	check, _, _ := strings.Cut(rest, "|")
	return check
}

// FindingControl returns the control in a finding's key, "control|scope".
func FindingControl(key string) string {
	control, _, _ := strings.Cut(key, "|")
	return control
}

// PlainName reports whether a file may have this name in a bundle: relative, within it, and of characters that every
// file system and every sums file takes as they are.
func PlainName(name string) bool {
	if name == "" || len(name) > 200 {
		return false
	}
	for _, part := range strings.Split(name, "/") {
		if part == "" || part[0] == '.' || strings.Trim(part, plain) != "" {
			return false
		}
	}
	return true
}

const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

// RunSeries returns the series under which a run's list of snapshots stands.
func RunSeries(entry int64) string { return "run " + strconv.FormatInt(entry, 10) }
