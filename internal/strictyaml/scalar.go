package strictyaml

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Scalar is a scalar's text with the place where it stands in its file.
type Scalar struct {
	File string
	Data []byte // of the whole file
	Node *yaml.Node
}

// At returns the place in the file of a line and column of the scalar's value, all counted from 1. It walks through
// value and file side by side, because folding, indentation and quotes make them differ.
func (s Scalar) At(line, column int) (int, int) {
	value := s.Node.Value
	target := offset(value, line, column)
	row, col := s.Node.Line, s.Node.Column
	rest := s.from(row, col)
	skipHeader := s.Node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0
	quote := s.Node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
	step := func() {
		r, n := utf8.DecodeRune(rest)
		rest = rest[n:]
		if r == '\n' {
			row, col = row+1, 1
		} else {
			col++
		}
	}
	for skipHeader && len(rest) > 0 && row == s.Node.Line {
		step()
	}
	if quote && len(rest) > 0 {
		step()
	}
	space := func() {
		for len(rest) > 0 && unicode.IsSpace(rune(rest[0])) {
			step()
		}
	}
	space()
	for i, r := range value {
		if i >= target {
			break
		}
		if unicode.IsSpace(r) {
			continue
		}
		space()
		escaped := quote && len(rest) > 1 && (rest[0] == '\\' || rest[0] == '\'' && rest[1] == '\'')
		if escaped {
			step()
		}
		if len(rest) > 0 {
			step()
		}
	}
	space()
	if len(rest) == 0 || row < s.Node.Line {
		return s.Node.Line, s.Node.Column
	}
	return row, col
}

// from returns the file's bytes from a place on.
func (s Scalar) from(line, column int) []byte {
	rest := s.Data
	for range line - 1 {
		_, after, ok := bytes.Cut(rest, []byte("\n"))
		if !ok {
			return nil
		}
		rest = after
	}
	for range column - 1 {
		_, n := utf8.DecodeRune(rest)
		rest = rest[n:]
	}
	return rest
}

// offset returns the byte offset of a line and column in text.
func offset(text string, line, column int) int {
	for i, r := range text {
		if line == 1 && column == 1 {
			return i
		}
		switch {
		case line > 1 && r == '\n':
			line--
		case line == 1:
			column--
		}
	}
	return len(text)
}
