package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"unicode/utf8"

	"exhibit/internal/evidence"
	"exhibit/internal/secret"
)

// Slack posts to a channel as a Slack app, whose token has the scope chat:write.
type Slack struct{ api *rest }

// slackText is how many letters a message has at most; Slack cuts longer ones at 40,000 and advises to stay below 4,000.
const slackText = 3900

// NewSlack returns a Slack. base is the API's address; empty is Slack's own.
func NewSlack(base string, token secret.String, transport http.RoundTripper) (*Slack, error) {
	if base == "" {
		base = "https://slack.com/api"
	}
	api, err := newRest("Slack", base, http.Header{"Authorization": {"Bearer " + token.Reveal()}}, transport)
	return &Slack{api}, err
}

// Deliver posts the text and returns "channel/time", by which Slack knows it. The client's id of the message is made of the
// key, so that what is sent again is seen to be the same.
func (s *Slack) Deliver(ctx context.Context, m evidence.Message) (string, error) {
	if m.Text == "" {
		return "", forever(errNoText)
	}
	text := m.Text
	if utf8.RuneCountInString(text) > slackText {
		text = string([]rune(text)[:slackText]) + "…"
	}
	var answer struct {
		OK      bool   `json:"ok"`
		Error   string `json:"error"`
		Needed  string `json:"needed"`
		Channel string `json:"channel"`
		TS      string `json:"ts"`
	}
	form := url.Values{"channel": {m.To}, "text": {text}, "client_msg_id": {uuidOf(m.Key)},
		"unfurl_links": {"false"}, "unfurl_media": {"false"}}
	_, body, err := s.api.send(ctx, http.MethodPost, "/chat.postMessage", []byte(form.Encode()),
		http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}})
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", fmt.Errorf("Slack: not the JSON that was expected: %w", err)
	}
	if answer.OK {
		return answer.Channel + "/" + answer.TS, nil
	}
	err = fmt.Errorf("Slack: %s", answer.Error)
	if answer.Needed != "" {
		err = fmt.Errorf("%w (needs %s)", err, answer.Needed)
	}
	switch answer.Error {
	case "channel_not_found", "is_archived", "msg_too_long", "no_text", "invalid_arguments", "invalid_blocks":
		return "", forever(err)
	case "duplicate_message_not_allowed", "duplicate_client_msg_id":
		return "sent before", nil
	}
	return "", err // what an operator mends: not_in_channel, invalid_auth, missing_scope; and what passes: ratelimited, internal_error
}

// uuidOf makes a UUID (version 8) of a key.
func uuidOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
