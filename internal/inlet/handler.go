// Package inlet takes the reports that pipelines deliver over HTTP. A pipeline shows the token that its own system signed
// for this run, so that no secret is stored anywhere; rules say which tokens may deliver to which sources.
//
// It never takes anything from whom it does not know, never keeps or repeats a token, and never reads more of a body than
// its limit. What it is given it hands on once: the same body for the same source again has the same answer.
package inlet

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

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

// Options are what an inlet works with. All are needed.
type Options struct {
	// Rules are those of now.
	Rules func() []Rule
	// Take commits a delivery. It is called for one delivery after the other.
	Take     func(ctx context.Context, d Delivery) (Receipt, error)
	Receipts Receipts
	// Refused is told of deliveries of known callers that were refused.
	Refused func(source string, caller evidence.Identity, reason error)
	// Unknown is told of each request without a good token.
	Unknown func()
	Now     func() time.Time
}

const (
	// MaxBody is the most that a report may have, unpacked.
	MaxBody = 64 << 20
	// waiting is how many deliveries may be held in memory at once.
	waiting = 4
	// A token costs a look at its signature, and perhaps a question to its issuer.
	tokensPerSecond, tokensAtOnce = 20, 40
)

type handler struct {
	Options
	issuers issuers
	tokens  *rate.Limiter
	slots   chan struct{}
	taking  chan struct{}
	flights singleflight.Group
}

// New returns the handler of POST /v1/ingest/SOURCE. Its parameters are format and name, both optional.
func New(o Options) http.Handler {
	h := &handler{Options: o, issuers: issuers{now: o.Now}, tokens: rate.NewLimiter(tokensPerSecond, tokensAtOnce),
		slots: make(chan struct{}, waiting), taking: make(chan struct{}, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/ingest/{source}", h.deliver)
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
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	source := r.PathValue("source")
	caller, bad := h.authenticate(r, source)
	if bad != nil && caller.ID == "" {
		h.Unknown()
	}
	var receipt Receipt
	if bad == nil {
		receipt, bad = h.accept(w, r, source, caller)
	}
	if bad == nil {
		_ = json.NewEncoder(w).Encode(receipt)
		return
	}
	if caller.ID != "" && bad.status < 500 && bad.status != http.StatusTooManyRequests {
		h.Refused(source, caller, bad)
	}
	switch bad.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="exhibit"`)
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "60")
	}
	w.WriteHeader(bad.status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"what": bad.what.Error(), "do": bad.do}})
}

// authenticate returns who delivers; with a refusal, only one whose token is good.
func (h *handler) authenticate(r *http.Request, source string) (evidence.Identity, *refusal) {
	raw, err := bearer(r.Header.Get("Authorization"))
	if err != nil {
		return evidence.Identity{}, refuse(http.StatusUnauthorized, "send the token of the pipeline's run", "%w", err)
	}
	if !h.tokens.Allow() {
		return evidence.Identity{}, refuse(http.StatusTooManyRequests, "deliver again in a minute", "too many deliveries at once")
	}
	rules := h.Rules()
	t, err := h.issuers.verify(r.Context(), raw, rules)
	switch {
	case errors.Is(err, errUnreachable):
		return evidence.Identity{}, refuse(http.StatusServiceUnavailable, "deliver again in a minute", "%w", err)
	case err != nil:
		return evidence.Identity{}, refuse(http.StatusUnauthorized, "ask for a new token in the same job", "%w", err)
	}
	caller := evidence.Identity{ID: t.issuer + "|" + t.subject, Kind: "oidc"}
	if err := allows(rules, t, source); err != nil {
		return caller, refuse(http.StatusForbidden, "see inlet: issuers in exhibit.yaml", "%w", err)
	}
	return caller, nil
}

// types are the content types of reports.
func types() []string {
	return []string{"application/json", "application/sarif+json", "application/x-ndjson", "application/xml", "text/xml",
		"application/yaml", "application/x-yaml", "application/octet-stream"}
}

// accept reads the report of a known caller and hands it on.
func (h *handler) accept(w http.ResponseWriter, r *http.Request, source string, caller evidence.Identity) (Receipt, *refusal) {
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
	body, bad := readBody(w, r)
	if bad != nil {
		return Receipt{}, bad
	}
	query := r.URL.Query()
	d := Delivery{Source: source, Name: query.Get("name"), Format: query.Get("format"), Body: body, Caller: caller}
	if d.Name == "" {
		d.Name = "report"
	}
	return h.once(r.Context(), d)
}

// readBody reads the body, unpacked, up to its limit.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	var in io.Reader = http.MaxBytesReader(w, r.Body, MaxBody)
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip":
		unpacked, err := gzip.NewReader(in)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "send it unpacked", "body is not packed as it says: %w", err)
		}
		in = unpacked
	default:
		return nil, refuse(http.StatusUnsupportedMediaType, "send it unpacked, or with gzip", "content encoding %q", encoding)
	}
	body, err := io.ReadAll(io.LimitReader(in, MaxBody+1))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large) || len(body) > MaxBody:
		return nil, refuse(http.StatusRequestEntityTooLarge, "deliver it in parts", "report has more than %d MiB", MaxBody>>20)
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "deliver it again", "read the body: %w", err)
	case len(body) == 0:
		return nil, refuse(http.StatusUnprocessableEntity, "send the report as the body", "report is empty")
	}
	return body, nil
}

// once hands a delivery on unless the same was before, or waits for the same that is under way.
func (h *handler) once(ctx context.Context, d Delivery) (Receipt, *refusal) {
	digest := evidence.Sum(d.Body)
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %s", d.Source, d.Caller.ID, d.Name, d.Format, digest))
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
		return r, h.Receipts.Keep(key, r)
	})
	switch {
	case errors.Is(err, ErrReport):
		return Receipt{}, refuse(http.StatusUnprocessableEntity, "nothing of it was taken: deliver a report that is whole", "%w", err)
	case errors.Is(err, ErrNoSource):
		return Receipt{}, refuse(http.StatusNotFound, "add it to exhibit.yaml with an ingest section", "%w", err)
	case errors.Is(err, ErrBusy):
		return Receipt{}, refuse(http.StatusServiceUnavailable, "deliver again in a minute", "%w", err)
	case err != nil:
		return Receipt{}, refuse(http.StatusInternalServerError, "see the log of exhibit serve", "the report could not be kept")
	}
	return got.(Receipt), nil
}
