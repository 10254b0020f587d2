package assess

import (
	"fmt"
	"strings"
)

// ExprError is a mistake in one expression of a check.
type ExprError struct {
	Control, Check string
	// Field is "where", "assert", "facts.NAME", "subject" or "id".
	Field string
	// Line and Column count from 1 within the expression's text.
	Line, Column int
	Msg          string
}

// Error returns "control, check, field, line:column: message".
func (e *ExprError) Error() string {
	return fmt.Sprintf("control %s, check %s, %s, %d:%d: %s", e.Control, e.Check, e.Field, e.Line, e.Column, e.Msg)
}

// ExprErrors are all mistakes that New found, in the order of the controls.
type ExprErrors []*ExprError

// Error returns one line for each.
func (e ExprErrors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}
