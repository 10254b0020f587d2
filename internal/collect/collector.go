package collect

import (
	"context"

	"exhibit/internal/evidence"
)

// Collector collects one subject type. It is a value: adding one is one file, one recording and one line in the
// provider's list.
type Collector struct {
	// Schema names the subject type, which is the collector's name too, and its document's shape.
	Schema evidence.Schema
	// Version rises whenever the same answers would give another document.
	Version int
	// Regional collectors run once per account and region, the others once per account.
	Regional bool
	// Last collectors run after all others of their account, whose lists they can hold against what they know themselves.
	Last bool
	// Events says how a population is collected by high-water mark; nil for things, and for what is listed whole each time.
	Events *Events
	// Operations are all API operations that it calls, the list operation first. Any other is refused by the transport
	// before it leaves, and the least-privilege policies are generated from this list.
	Operations []Operation
	// Collect lists the subjects of one scope and emits them. session is what the account's Plan gave for the scope;
	// see Typed. An error means that the list is not whole; parts of a subject that could not be asked are recorded by
	// Part.
	Collect func(ctx context.Context, session any, t *Task) error
}

// Type returns the subject type, by which the collector is known.
func (c Collector) Type() string { return c.Schema.Type }

// Operation is one read operation of a provider's API.
type Operation struct {
	// Name is "service:Operation", "s3:GetBucketPolicy", or for REST providers any short unique name such as
	// "storage.buckets.list".
	Name string
	// Permissions allow it: all of them are needed. Empty means that any caller may ask.
	Permissions []string
	// Method and Path are what the transport lets out for a REST operation: "GET", "/storage/v1/b/{bucket}/iam"; a
	// brace stands for one segment, "{name...}" at the end for all the rest, and "(/job/{name})+" for a part that comes
	// once or several times. Empty for AWS, whose SDK names its operations.
	Method, Path string
	// Query is the text of an operation of a GraphQL API. The transport lets out a body that holds this text and variables,
	// and no other: a text that the caller makes up never leaves, nor does a mutation.
	Query string
	// Absent are provider error codes that answer "not configured" rather than fail: "NoSuchBucketPolicy".
	Absent []string
	// Loses is what is lost without an operation of Provider.Operations. What a collector loses is seen, not said: see
	// Feeds.
	Loses Loss
}

// Loss is what of a source is lost without an operation that opens it.
type Loss int

const (
	LosesSource   Loss = iota // the account, the project, the source: nothing of it is collected
	LosesAccounts             // which accounts there are: nothing is collected, where the organisation's are asked for
	LosesRegions              // which regions there are: nothing regional is collected, unless the regions are configured
	LosesNothing              // a name for people, a fact about the scope
)

// Typed adapts a collect function over a provider's own session type.
func Typed[S any](f func(ctx context.Context, s S, t *Task) error) func(context.Context, any, *Task) error {
	return func(ctx context.Context, session any, t *Task) error { return f(ctx, session.(S), t) }
}

// Provider is a kind of source: a cloud or a delivery system.
type Provider interface {
	// Name is the key of its section in exhibit.yaml, "aws".
	Name() string
	// Collectors is the explicit list.
	Collectors() []Collector
	// Operations are those that Caller, Accounts and Plan call. They enter the generated permissions as a collector's do.
	Operations() []Operation
	// Check reads the provider's section with decode (strict: unknown keys are errors with line and column) and says
	// what is wrong with it, without looking at anything else.
	Check(decode func(any) error) error
	// Open reads the section, as Check does, and connects. It makes no call beyond what credentials need. All its clients must send through env.Transport, or,
	// for obtaining credentials only, env.AuthTransport.
	Open(ctx context.Context, decode func(any) error, env Env) (Source, error)
	// Classify tells the outcome and the provider's error code of an error of its SDK, and the empty outcome for one
	// it does not know; network and time errors need not be known.
	Classify(err error) (outcome evidence.Outcome, code string)
}

// Source is an opened connection.
type Source interface {
	// Caller asks the provider who is asking.
	Caller(ctx context.Context, t *Task) (evidence.Identity, error)
	// Accounts lists everything that the configuration asks for, in the order in which it is to be collected. What
	// cannot be entered is listed all the same: its Plan says why. An error means that not even the list is known.
	Accounts(ctx context.Context, t *Task) ([]Account, error)
	// Close lets go of connections.
	Close() error
}

// Account is one account, project, subscription or organisation that is asked for. A few are planned and collected at a
// time, and what one holds is garbage when it is done, so that memory does not grow with their number.
type Account struct {
	// Scope is the account's own, without a region: it states what became of an account that could not be planned.
	Scope evidence.Scope
	// Plan finds out which scopes the account has and connects to them. It is called once, with a task of the account's
	// own. A scope that cannot be reached is planned with its outcome and reason, never left out. An error means that
	// not even the list of scopes is known, or that the run has ended.
	Plan func(ctx context.Context, t *Task) ([]ScopePlan, error)
}

// Ready is an account that needs no planning: scopes that are known already.
func Ready(plans ...ScopePlan) Account {
	scope := plans[0].Scope
	scope.Region = ""
	return Account{Scope: scope, Plan: func(context.Context, *Task) ([]ScopePlan, error) { return plans, nil }}
}

// ScopePlan is one requested scope.
type ScopePlan struct {
	Scope evidence.Scope
	// Outcome is OutcomeOK when the scope can be tried, else why not, with Reason.
	Outcome evidence.Outcome
	Reason  string
	// Session is handed to the collectors. Regional collectors get the plans whose scope has a region, the others
	// those without; Only narrows further when not nil.
	Session any
	Only    func(Collector) bool
	// Endpoint is the host that will answer, for the origin.
	Endpoint string
	// Caller is who asks there; empty is the source's own.
	Caller evidence.Identity
}
