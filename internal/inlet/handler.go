// Package inlet takes the reports that pipelines deliver over HTTP. A pipeline shows the token that its own system signed
// for this run, so that no secret is stored anywhere; rules say which tokens may deliver to which sources.
//
// It never takes anything from whom it does not know, never keeps or repeats a token, and never reads more of a body than
// its limit. What it is given it hands on once: the same body for the same source out of the same run of a pipeline has the
// same answer again. Out of a later run it is a new look, though it may find the same.
package inlet

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"exhibit/internal/evidence"
)

// Errors of a Taker that have an answer of their own.
var (
	// ErrNoSource means that the source is not configured, or takes no reports.
	ErrNoSource = errors.New("no such source")
	// ErrReport means that a report is not understood; the text says why.
	ErrReport = errors.New("report is not understood")
	// ErrBusy means that it may be delivered again in a while.
	ErrBusy = errors.New("busy")
)

// Delivery is one report.
type Delivery struct {
	Source string
	Name   string // how the report is called
	Format string // empty: told from the content
	Body   []byte
	Caller evidence.Identity
	// Pipeline is the run of the caller's pipeline; empty when its system names none.
	Pipeline string
}

// Receipt is what a delivery became.
type Receipt struct {
	At     time.Time       `json:"at"`
	Source string          `json:"source"`
	Digest evidence.Digest `json:"digest"` // of the body
	Run    string          `json:"run"`
	Entry  int64           `json:"entry"` // of the run in the ledger
	// Complete is false when the report does not say all that it looked at.
	Complete bool `json:"complete"`
}

// Receipts remembers deliveries by key.
type Receipts interface {
	Find(key string) (Receipt, bool, error)
	Keep(key string, r Receipt) error
}

// Options are what an inlet works with. All but BehindProxy are needed.
type Options struct {
	// Rules are those of now.
	Rules func() []Rule
	// Take commits a delivery. It is called for one delivery after the other.
	Take     func(ctx context.Context, d Delivery) (Receipt, error)
	Receipts Receipts
	// Refused is told of deliveries of known callers that were refused, but of no flood: the reason says how many were left
	// out before it.
	Refused func(source string, caller evidence.Identity, reason error)
	// Unknown is told of each request without a good token.
	Unknown func()
	// Failed is told what went wrong that is no caller's fault and no part of an answer.
	Failed func(error)
	// BehindProxy takes the caller's address from the last entry of X-Forwarded-For, which the proxy wrote.
	BehindProxy bool
	Now         func() time.Time
}

const (
	// MaxBody is the most that a report may have, unpacked.
	MaxBody = 64 << 20
	// waiting is how many deliveries may be held in memory at once.
	waiting = 4
)

type handler struct {
	Options
	issuers issuers
	tokens  addresses
	// Everybody's tokens of an issuer are known; what they are refused leaves room for what one's own pipelines are.
	foreign, own record
	slots        chan struct{}
	taking       chan struct{}
	flights      singleflight.Group
}

// New returns the handler of POST /v1/ingest/SOURCE. Its parameters are format and name, both optional.
func New(o Options) http.Handler {
	h := &handler{Options: o, issuers: issuers{now: o.Now}, tokens: newAddresses(), foreign: newRecord(), own: newRecord(),
		slots: make(chan struct{}, waiting), taking: make(chan struct{}, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/ingest/{source}", h.deliver)
	mux.HandleFunc("/v1/ingest/{source}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", http.MethodPost)
		answer(w, refuse(http.StatusMethodNotAllowed, "send it with POST", "method %s is not taken", r.Method))
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, refuse(http.StatusNotFound, "deliver to /v1/ingest/SOURCE", "there is nothing here"))
	})
	return mux
}

// refusal is an answer that is not a receipt.
type refusal struct {
	status int
	what   error
	do     string // what to do
}

func (r *refusal) Error() string { return r.what.Error() }

func refuse(status int, do string, format string, args ...any) *refusal {
	return &refusal{status, fmt.Errorf(format, args...), do}
}

func (h *handler) deliver(w http.ResponseWriter, r *http.Request) {
	d := Delivery{Source: r.PathValue("source")}
	bad := h.authenticate(r, &d)
	records := &h.foreign
	var receipt Receipt
	if bad == nil {
		records = &h.own
		receipt, bad = h.accept(w, r, d)
	}
	switch {
	case bad == nil:
		answer(w, receipt)
		return
	case d.Caller.ID == "":
		h.Unknown()
	case bad.status < 500:
		if reason := records.admit(h.Now(), bad); reason != nil {
			h.Refused(d.Source, d.Caller, reason)
		}
	}
	answer(w, bad)
}

// answer writes a receipt or a refusal.
func answer(w http.ResponseWriter, v any) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if bad, ok := v.(*refusal); ok {
		switch bad.status {
		case http.StatusUnauthorized:
			header.Set("WWW-Authenticate", `Bearer realm="exhibit"`)
		case http.StatusServiceUnavailable, http.StatusTooManyRequests:
			header.Set("Retry-After", "60")
		}
		w.WriteHeader(bad.status)
		v = map[string]any{"error": map[string]string{"what": bad.what.Error(), "do": bad.do}}
	}
	_ = json.NewEncoder(w).Encode(v) // the caller went away, or did not
}

// authenticate fills in who delivers, and out of which run; with a refusal, only when the token is good.
func (h *handler) authenticate(r *http.Request, d *Delivery) *refusal {
	raw, err := bearer(r.Header.Get("Authorization"))
	if err != nil {
		return refuse(http.StatusUnauthorized, "send the token of the pipeline's run", "%w", err)
	}
	if !h.tokens.allow(h.Now(), callerAddress(r, h.BehindProxy)) {
		return refuse(http.StatusTooManyRequests, "deliver again in a minute", "too many deliveries at once")
	}
	rules := h.Rules()
	t, err := h.issuers.verify(r.Context(), raw, rules)
	switch {
	case errors.Is(err, errUnreachable):
		h.Failed(fmt.Errorf("%.400s", err)) // which may hold all that the issuer answered
		return refuse(http.StatusServiceUnavailable, "deliver again in a minute", "%w", errUnreachable)
	case err != nil:
		return refuse(http.StatusUnauthorized, "ask for a new token in the same job", "%w", err)
	}
	d.Caller, d.Pipeline = evidence.Identity{ID: t.issuer + "|" + t.subject, Kind: "oidc"}, t.run()
	if err := allows(rules, t, d.Source); err != nil {
		return refuse(http.StatusForbidden, "see inlet: issuers in exhibit.yaml", "%w", err)
	}
	return nil
}

// accept reads the report of a known caller and hands it on.
func (h *handler) accept(w http.ResponseWriter, r *http.Request, d Delivery) (Receipt, *refusal) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(types(), kind) {
		return Receipt{}, refuse(http.StatusUnsupportedMediaType, "send Content-Type: application/octet-stream",
			"content type %q is none of %s", kind, strings.Join(types(), ", "))
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	default:
		return Receipt{}, refuse(http.StatusServiceUnavailable, "deliver again in a minute", "other deliveries are under way")
	}
	query := r.URL.Query()
	d.Name, d.Format = cmp.Or(query.Get("name"), "report"), query.Get("format")
	if !printable(d.Name) || !printable(d.Format) {
		return Receipt{}, refuse(http.StatusBadRequest, "call the report by its file's name",
			"name or format is not plain text of at most %d letters", maxName)
	}
	var bad *refusal
	if d.Body, bad = readBody(w, r); bad != nil {
		return Receipt{}, bad
	}
	return h.once(r.Context(), d)
}

// once hands a delivery on unless the same was before, or waits for the same that is under way.
func (h *handler) once(ctx context.Context, d Delivery) (Receipt, *refusal) {
	digest := evidence.Sum(d.Body)
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q %s", d.Source, d.Caller.ID, d.Pipeline, d.Name, d.Format, digest))
	key := hex.EncodeToString(sum[:])
	got, err, _ := h.flights.Do(key, func() (any, error) {
		if r, ok, err := h.Receipts.Find(key); err != nil || ok {
			return r, err
		}
		select {
		case h.taking <- struct{}{}:
			defer func() { <-h.taking }()
		case <-ctx.Done():
			return Receipt{}, fmt.Errorf("%w: %w", ErrBusy, context.Cause(ctx))
		}
		// What is begun is ended, though the caller goes: he asks again, and has the same answer.
		r, err := h.Take(context.WithoutCancel(ctx), d)
		if err != nil {
			return Receipt{}, err
		}
		r.At, r.Source, r.Digest = h.Now().UTC(), d.Source, digest
		if err := h.Receipts.Keep(key, r); err != nil { // it is committed, and the caller need not deliver it again
			h.Failed(fmt.Errorf("remember a delivery: %w", err))
		}
		return r, nil
	})
	switch {
	case errors.Is(err, ErrReport):
		return Receipt{}, refuse(http.StatusUnprocessableEntity, "nothing of it was taken: deliver a report that is whole", "%w", err)
	case errors.Is(err, ErrNoSource):
		return Receipt{}, refuse(http.StatusNotFound, "add it to exhibit.yaml with an ingest section", "%w", err)
	case errors.Is(err, ErrBusy):
		return Receipt{}, refuse(http.StatusServiceUnavailable, "deliver again in a minute", "%w", err)
	case err != nil:
		h.Failed(fmt.Errorf("take a delivery for %s: %w", d.Source, err))
		return Receipt{}, refuse(http.StatusInternalServerError, "see the log of exhibit serve", "the report could not be kept")
	}
	return got.(Receipt), nil
}
