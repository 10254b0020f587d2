package evidence

import "time"

// Snapshot is what one collector saw in one scope at one time: a manifest of subjects, where it came from and how complete
// it is. A snapshot whose list failed has no manifest, and is evidence all the same.
type Snapshot struct {
	Collector string `json:"collector"` // the subject type, "aws.s3.bucket"
	Source    string `json:"source"`    // the configured connection's name
	Scope     Scope  `json:"scope"`
	// Window bounds when the provider was asked, by the collecting machine's clock.
	Window Window `json:"window"`
	// Outcome is OutcomeOK or OutcomeEmpty when the list was whole, else why it was not.
	Outcome      Outcome      `json:"outcome"`
	Subjects     ListRef      `json:"subjects"`
	Origin       Origin       `json:"origin"`
	Completeness Completeness `json:"completeness"`
}

// Series names the snapshots that succeed each other: the same source, collector and scope.
func (s Snapshot) Series() string { return s.Source + "|" + s.Collector + "|" + s.Scope.ID() }

// Listed reports whether the manifest is the whole list, so that what is not in it is proven gone.
func (s Snapshot) Listed() bool { return s.Outcome.Seen() }

// Window is a span of time, both ends included, in UTC.
type Window struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// ListRef names a Merkle list: Root is the RFC 6962 tree hash over the items in order of their keys, each item being
// key, a zero byte and the 32 bytes of the object's digest. The empty list's root is SHA-256 of nothing.
type ListRef struct {
	Root  Digest `json:"root"`
	Count int    `json:"count"`
}

// Origin says who asked whom, and how.
type Origin struct {
	Tool             string   `json:"tool"` // name and version of the program
	CollectorVersion int      `json:"collector_version"`
	ConfigDigest     Digest   `json:"config_digest"` // of the source's configuration, which holds no secret
	Caller           Identity `json:"caller"`
	Endpoint         string   `json:"endpoint,omitempty"` // host that answered
	// ClockSkewMS is the provider's Date header less the local clock, in milliseconds; nil when no answer carried one.
	ClockSkewMS *int64 `json:"clock_skew_ms,omitempty"`
}

// Identity is the caller as the provider sees it.
type Identity struct {
	ID      string `json:"id"`                // ARN, service account e-mail, object id, login
	Account string `json:"account,omitempty"` // home account, tenant
	Kind    string `json:"kind,omitempty"`    // "role", "user", "service-account", "app", "token", "oidc"
}

// Completeness is expected against achieved, for one snapshot.
type Completeness struct {
	Operations []Operation `json:"operations"` // sorted by name
	// Listed counts the items that the list calls returned; Kept those of them in the manifest.
	Listed   int        `json:"listed"`
	Kept     int        `json:"kept"`
	Excluded []Excluded `json:"excluded,omitempty"`
	// Carried counts the events in the manifest that were not listed again: earlier snapshots had them, and they are still
	// in view.
	Carried int `json:"carried,omitempty"`
	// Coverage is set for a population that is collected by high-water mark.
	Coverage *Coverage `json:"coverage,omitempty"`
	// SecondCount is the same population counted another way.
	SecondCount *SecondCount `json:"second_count,omitempty"`
	// Recounts hold other collectors' lists against what this one's answers know of the same things.
	Recounts []Recount `json:"recounts,omitempty"`
}

// Recount holds one collector's list against what an inventory knows of the same things.
type Recount struct {
	Collector string `json:"collector"`
	// Scope is the list's, which is the account for what is not regional; empty when there is no whole list to compare.
	Scope     string `json:"scope,omitempty"`
	Operation string `json:"operation"`
	// Counted is how many the inventory knows of.
	Counted int `json:"counted"`
	// Missed counts what the inventory knows and the list lacks, Beyond what the list has and the inventory does not know,
	// as far as it is not explained by how late the inventory learns of changes. IDs are the first few of both.
	Missed int      `json:"missed,omitempty"`
	Beyond int      `json:"beyond,omitempty"`
	IDs    []string `json:"ids,omitempty"`
	// Late counts the differences that are explained so.
	Late int `json:"late,omitempty"`
	// Since says of each difference when it was first seen; empty when there are too many to follow.
	Since map[string]time.Time `json:"since,omitempty"`
}

// Agrees reports whether nothing is left unexplained between the list and the inventory.
func (r Recount) Agrees() bool { return r.Missed == 0 && r.Beyond == 0 }

// Whole reports whether every call answered and the counts agree.
func (c Completeness) Whole() bool {
	for _, op := range c.Operations {
		if !op.Outcome.Seen() {
			return false
		}
	}
	return c.SecondCount == nil || c.SecondCount.Count == c.Listed
}

// Operation sums up all calls of one API operation in one snapshot.
type Operation struct {
	Name string `json:"name"` // "s3:GetBucketPolicy"
	// Outcome is the gravest of its calls.
	Outcome Outcome `json:"outcome"`
	// Calls counts calls by outcome; Requests counts what went over the wire, retries and pages included.
	Calls    map[Outcome]int `json:"calls"`
	Requests int             `json:"requests"`
	Pages    int             `json:"pages,omitempty"`
	// Params are the fixed parameters and filters of the call.
	Params map[string]string `json:"params,omitempty"`
	// RequestIDs are the provider's ids of the first and the last answer.
	RequestIDs []string `json:"request_ids,omitempty"`
	// Permission is what the operation needs; set when a call was denied.
	Permission string `json:"permission,omitempty"`
	// Errors are the first few distinct errors, without request ids.
	Errors []string `json:"errors,omitempty"`
}

// Excluded counts listed items left out of the manifest, with the reason.
type Excluded struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

// SecondCount is an independent count of the same population.
type SecondCount struct {
	Operation string `json:"operation"`
	Count     int    `json:"count"`
}

// Run is one collection of one or more sources. It is committed whole or not at all; a failed run is evidence too.
type Run struct {
	ID      string         `json:"id"` // time-ordered and unique
	Window  Window         `json:"window"`
	Trigger string         `json:"trigger"` // "manual", "schedule", "ci", "ingest", "simulation"
	Tool    string         `json:"tool"`
	Scopes  []ScopeOutcome `json:"scopes"` // every scope that was asked for
	// Snapshots lists the snapshot objects, keyed by Snapshot.Series.
	Snapshots ListRef `json:"snapshots"`
	// Outcome is the gravest of all scopes.
	Outcome Outcome `json:"outcome"`
	// Error is set when the run ended before all scopes were tried.
	Error string `json:"error,omitempty"`
}

// ScopeOutcome is the contract for one requested scope: there is one for each, reached or not.
type ScopeOutcome struct {
	Source  string  `json:"source"`
	Scope   Scope   `json:"scope"`
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason,omitempty"`
	// Snapshots counts the scope's snapshots by their outcome; Subjects what they hold together.
	Snapshots map[Outcome]int `json:"snapshots,omitempty"`
	Subjects  int             `json:"subjects"`
	Requests  int             `json:"requests"`
}
