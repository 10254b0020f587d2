package assess

import (
	"strings"

	"exhibit/internal/evidence"
)

// absentError is a key that the document does not have: the provider answered without it.
type absentError string

func (e absentError) Error() string { return "no such key: " + string(e) }

// missingError is a key that could not be collected.
type missingError struct {
	key string
	evidence.Missing
}

func (e *missingError) Error() string { return missingReason(e.key, e.Missing) }

// missingReason says what was not collected and why, without anything that differs between subjects.
func missingReason(key string, m evidence.Missing) string {
	var b strings.Builder
	b.WriteString(key)
	b.WriteString(" was not collected: ")
	if m.Operation != "" {
		b.WriteString(m.Operation)
		b.WriteByte(' ')
	}
	b.WriteString(string(m.Outcome))
	if m.Permission != "" {
		b.WriteString(", needs ")
		b.WriteString(m.Permission)
	}
	return b.String()
}
