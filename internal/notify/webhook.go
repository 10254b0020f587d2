package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"exhibit/internal/evidence"
	"exhibit/internal/secret"
)

// Webhook posts messages as JSON to an address of one's own.
//
// The body is {"key", "channel", "to", "owner", "subject", "text", "ticket", "created"}. Two headers come with it:
// Idempotency-Key holds the message's key, by which a receiver takes it once; Exhibit-Signature is "t=SECONDS,v1=HEX", where
// HEX is HMAC-SHA256 with the shared secret over SECONDS, a full stop and the body. A receiver refuses what is older than
// a few minutes.
type Webhook struct {
	api    *rest
	secret secret.String
	now    func() time.Time
}

// SignatureHeader is the header with the signature.
const SignatureHeader = "Exhibit-Signature"

// NewWebhook returns a Webhook to an address.
func NewWebhook(address string, shared secret.String, now func() time.Time, transport http.RoundTripper) (*Webhook, error) {
	if shared.IsZero() {
		return nil, fmt.Errorf("webhook %q: it has no secret to sign with", address)
	}
	api, err := newRest("webhook", address, nil, transport)
	return &Webhook{api, shared, now}, err
}

// Deliver posts the message. The receipt is the answer's Location, where it has one.
func (w *Webhook) Deliver(ctx context.Context, m evidence.Message) (string, error) {
	m.HTML, m.Images = "", nil
	body, err := json.Marshal(m)
	if err != nil {
		return "", forever(fmt.Errorf("webhook: %w", err))
	}
	seconds := strconv.FormatInt(w.now().Unix(), 10)
	header, _, err := w.api.send(ctx, http.MethodPost, "", body, http.Header{
		"Idempotency-Key": {m.Key}, SignatureHeader: {"t=" + seconds + ",v1=" + sign(w.secret, seconds, body)},
	})
	if err != nil {
		return "", err
	}
	return header.Get("Location"), nil
}

func sign(shared secret.String, seconds string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(shared.Reveal()))
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
