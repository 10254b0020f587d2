// Package strictyaml decodes a YAML file strictly and says of every mistake where it stands: file, line and column.
//
// It never guesses: an unknown key, a wrong type, a second document and a duplicate key are all errors, and all of them are
// reported, not only the first.
package strictyaml

import (
	"errors"
	"fmt"
	"sort"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Error is one mistake in a file. Line and Column count from 1; 0 means the file as a whole.
type Error struct {
	File         string
	Line, Column int
	Msg          string
}

// Error returns "file:line:column: message".
func (e Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Msg
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Msg)
}

// Errors are all mistakes found, in order of file, line and column.
type Errors []Error

// Error returns one line for each.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Or returns the errors in order, or nil when there are none.
func (e Errors) Or() error {
	if len(e) == 0 {
		return nil
	}
	sort.SliceStable(e, func(i, j int) bool {
		a, b := e[i], e[j]
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
	return e
}

// At makes an error that points at a node.
func At(file string, n *yaml.Node, format string, args ...any) Error {
	return Error{File: file, Line: n.Line, Column: n.Column, Msg: fmt.Sprintf(format, args...)}
}

// Decode reads the one document in data into out. The error is Errors.
func Decode(file string, data []byte, out any) error {
	return wrap(file, yaml.Load(data, out, yaml.WithKnownFields()))
}

// DecodeNode reads a part of a file's document into out. The error is Errors.
func DecodeNode(file string, n *yaml.Node, out any) error {
	return wrap(file, n.Load(out, yaml.WithKnownFields()))
}

func wrap(file string, err error) error {
	if err == nil {
		return nil
	}
	var many *yaml.LoadErrors
	var one *yaml.LoadError
	var own Errors
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &many):
		var out Errors
		for _, e := range many.Errors {
			out = append(out, fromLoad(file, e))
		}
		return out.Or()
	case errors.As(err, &one):
		return Errors{fromLoad(file, one)}
	}
	return Errors{{File: file, Msg: err.Error()}}
}

func fromLoad(file string, e *yaml.LoadError) Error {
	mark := e.Mark
	if mark.Line == 0 {
		mark = e.ContextMark
	}
	return Error{File: file, Line: mark.Line, Column: mark.Column, Msg: plain(e.Message)}
}

// plain says a decoder's message in the words of the file's writer, without the names of Go types.
func plain(msg string) string {
	if key, _, ok := strings.Cut(msg, " not found in type "); ok {
		return "unknown key " + strings.TrimPrefix(key, "field ")
	}
	return strings.NewReplacer("!!seq", "a list", "!!map", "a mapping").Replace(msg)
}
