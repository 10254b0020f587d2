package evidence

import "time"

// Kind is the kind of a ledger entry.
type Kind string

const (
	// KindGenesis is entry 0: it names the store and its signing key. Body: Genesis.
	KindGenesis Kind = "genesis"
	// KindRun is a collection. Body: Run.
	KindRun Kind = "run"
	// KindAssessment is a judgement. Body: Assessment.
	KindAssessment Kind = "assessment"
	// KindCatalog is the text of controls and mappings that assessments name. Body: the catalog's canonical JSON.
	KindCatalog Kind = "catalog"
	// KindAcceptance is an accepted risk. Body: RiskAcceptance.
	KindAcceptance Kind = "acceptance"
	// KindAttestation is a person's statement. Body: Attestation.
	KindAttestation Kind = "attestation"
	// KindAccessReview is the population that a review of access was given. Body: AccessReview.
	KindAccessReview Kind = "access-review"
	// KindDecision is what a gate decided for a pipeline. Body: Decision.
	KindDecision Kind = "decision"
	// KindAction is what somebody did that no other entry tells. Body: Action.
	KindAction Kind = "action"
	// KindMessage is what is told outside, kept before it is sent. Body: Message.
	KindMessage Kind = "message"
	// KindDelivery is how a message ended. Body: Delivery.
	KindDelivery Kind = "delivery"
	// KindDisposal records what was pruned.
	KindDisposal Kind = "disposal"
)

// Entry is one leaf of the ledger. Its canonical encoding is what the Merkle log hashes.
type Entry struct {
	Kind       Kind      `json:"kind"`
	RecordedAt time.Time `json:"recorded_at"` // when it was committed, UTC
	Body       Digest    `json:"body"`        // the object that the entry commits to
}

// Genesis is the body of entry 0.
type Genesis struct {
	// Origin is the log's name in its checkpoints.
	Origin string `json:"origin"`
	// Verifier is the signing key's public half in note form: "name+hash+key".
	Verifier  string    `json:"verifier"`
	CreatedAt time.Time `json:"created_at"`
	// Simulated is true for a demo's store: nothing in it was seen in the world.
	Simulated bool `json:"simulated,omitempty"`
}
