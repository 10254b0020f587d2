package notify

import (
	"fmt"
	"io"

	"exhibit/internal/evidence"
)

// Write writes a mail as Deliver would send it, and sends nothing.
func (m *Mail) Write(w io.Writer, message evidence.Message) error {
	msg, err := m.compose(message, m.id(message.Key))
	if err != nil {
		return err
	}
	if _, err := msg.WriteTo(w); err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	return nil
}
