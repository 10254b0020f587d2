package evidence

import "time"

// Action is something that was done with the program and that no other entry tells: that it was started and stopped, that
// its configuration was read anew or refused, that a bundle was exported, that a job was asked for or cancelled.
type Action struct {
	At time.Time `json:"at"`
	// Who is the operating system's user, or the subject of a token.
	Who string `json:"who"`
	// What is a word or two: "serve", "stop", "reload", "bundle".
	What string `json:"what"`
	// Detail says of what, by names of its own. It holds no secret.
	Detail map[string]string `json:"detail,omitempty"`
	// Error is why it failed; empty when it did not.
	Error string `json:"error,omitempty"`
}
