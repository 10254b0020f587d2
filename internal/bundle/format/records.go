package format

import (
	"encoding/json"
	"time"

	"exhibit/internal/evidence"
)

// Manifest is bundle.json: what the bundle is about and what is in it.
type Manifest struct {
	Format     int       `json:"format"`
	Tool       string    `json:"tool"`
	ExportedAt time.Time `json:"exported_at"`
	// Statement says in a sentence what the bundle holds, or that the period has no evidence.
	Statement string `json:"statement"`
	// Simulated is true when the store is a demo's: nothing in it was seen in the world.
	Simulated bool               `json:"simulated,omitempty"`
	Period    evidence.Window    `json:"period"`
	Framework evidence.Framework `json:"framework"`
	// Controls are those that the framework's requirements name; Checks all of theirs; Types what those checks read.
	// Sorted.
	Controls   []string    `json:"controls"`
	Checks     []string    `json:"checks"`
	Types      []string    `json:"types"`
	Ledger     Ledger      `json:"ledger"`
	Assessment *Assessment `json:"assessment,omitempty"` // the newest in the period
	// Files are all files before bundle.json, in the order of the archive.
	Files []File `json:"files"`
}

// Ledger names the log and three sizes of it, each with a signed checkpoint in the bundle.
type Ledger struct {
	Origin      string `json:"origin"`
	Key         string `json:"key"`         // verifier line, "name+hash+key"
	Fingerprint string `json:"fingerprint"` // of the same key, as ssh-keygen -l prints it
	// Start counts the entries before the period, End those up to its end, Size all.
	Start int64 `json:"start"`
	End   int64 `json:"end"`
	Size  int64 `json:"size"`
}

// Assessment is what the index and the report rest on.
type Assessment struct {
	Entry     int64           `json:"entry"`
	Catalog   evidence.Digest `json:"catalog"`
	Evaluator string          `json:"evaluator"`
	AsOf      time.Time       `json:"as_of"`
}

// File is one file of the bundle.
type File struct {
	Name    string `json:"name"`
	About   string `json:"about"`
	Size    int64  `json:"size"`
	Records int64  `json:"records"` // lines
	// Packed is the digest of the file's bytes as they stand in the archive.
	Packed evidence.Digest `json:"packed"`
}

// Entry is one line of entries.jsonl: an entry of the ledger, with every entry of the period among them, in order.
type Entry struct {
	Index int64 `json:"index"`
	// Entry is the leaf's bytes.
	Entry json.RawMessage `json:"entry"`
	// NoBody says why the body is not in the bundle; NoLists why an assessment's or a run's lists are not.
	NoBody  string `json:"no_body,omitempty"`
	NoLists string `json:"no_lists,omitempty"`
}

// Head starts a block of lists that succeed each other; items follow until the next head.
type Head struct {
	Series string             `json:"series"`
	Lists  []evidence.ListRef `json:"lists"`
}

// Item is one key of the block's lists, in order of key. Its objects stand in the objects' file, each once, in the
// order in which the spans first name them.
type Item struct {
	// Key is empty when the item is about something outside the framework: then spans hold leaf hashes only.
	Key   string `json:"key,omitempty"`
	Spans []Span `json:"spans"`
	// Omitted is true when the key is shown and the objects are left out, as omissions.jsonl says.
	Omitted bool `json:"omitted,omitempty"`
}

// Span says which object the item had in the block's lists From to To, both included, counted from 0. Lists in no span
// do not have the item.
type Span struct {
	From   int             `json:"from"`
	To     int             `json:"to"`
	Object evidence.Digest `json:"object,omitzero"`
	Leaf   string          `json:"leaf,omitempty"` // base64, instead of Object
}

// Line is a line of a file of lists: a Head when Lists is set, else an Item.
type Line struct {
	Head
	Item
}

// Omission is one line of omissions.jsonl: something that the bundle does not hold, and why.
type Omission struct {
	// What is "evidence" (there is none at all), "type", "never-collected", "operation", "scope", "day", "gap",
	// "events" (of a population), "assessment", "requirement", "mapping", "acceptance", "attestation".
	What   string `json:"what"`
	Name   string `json:"name"`
	Reason string `json:"reason"`
	Count  int    `json:"count,omitempty"`
	// First and Last bound the times of what was counted.
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
}

// Redaction is one line of derived/redactions.jsonl: how often a rule replaced a value by a keyed digest.
type Redaction struct {
	Type  string `json:"type"`
	Path  string `json:"path"` // array indexes as "*"
	Rule  string `json:"rule"`
	Count int    `json:"count"` // of objects
}
