package file

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const (
	// decodable is the size up to which a file's content stands in its document.
	decodable = 1 << 20
	// deepest is how deep a JSON value may be nested.
	deepest = 100
)

// format tells a file's format by its name.
func format(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".json", ".sarif":
		return "json"
	case ".csv":
		return "csv"
	}
	return ""
}

// head keeps what is written to it as long as it can be decoded.
type head struct {
	bytes.Buffer
	over bool
}

// Write implements io.Writer. It never fails.
func (h *head) Write(p []byte) (int, error) {
	if h.over = h.over || h.Len()+len(p) > decodable; h.over {
		h.Reset()
		return len(p), nil
	}
	return h.Buffer.Write(p)
}

// decode fills in what stands in the file, or why that is not known.
func (d *documentDoc) decode(content *head) {
	text := bytes.TrimPrefix(content.Bytes(), []byte("\xef\xbb\xbf"))
	var err error
	switch {
	case content.over:
		err = fmt.Errorf("larger than %d bytes", decodable)
	case d.Format == "json":
		d.Content, err = decodeJSON(text)
	default:
		d.Records, err = decodeCSV(text)
	}
	if err != nil {
		d.Undecoded = err.Error()
	}
}

// decodeJSON returns the one value that text is.
func decodeJSON(text []byte) ([]byte, error) {
	if collect.TooDeep(text, deepest) >= 0 {
		return nil, fmt.Errorf("nested deeper than %d", deepest)
	}
	value, err := evidence.Canonical(bytes.Clone(text))
	if err != nil {
		return nil, errors.New("not JSON, or not unambiguous: keys must not repeat and text must be UTF-8")
	}
	return value, nil
}

// decodeCSV returns the rows by the names in the first row.
func decodeCSV(text []byte) ([]map[string]string, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("not UTF-8")
	}
	r := csv.NewReader(bytes.NewReader(text))
	names, err := r.Read()
	if err == io.EOF {
		return nil, errors.New("it has no first row of names")
	}
	if err != nil {
		return nil, fmt.Errorf("not CSV: %w", err)
	}
	seen := map[string]bool{}
	for i, name := range names {
		if name == "" || seen[name] {
			return nil, fmt.Errorf("column %d of the first row has no name of its own", i+1)
		}
		seen[name] = true
	}
	records := []map[string]string{}
	for {
		row, err := r.Read()
		if err == io.EOF {
			return records, nil
		}
		if err != nil {
			return nil, fmt.Errorf("not CSV: %w", err)
		}
		record := make(map[string]string, len(names))
		for i, name := range names {
			record[name] = row[i]
		}
		records = append(records, record)
	}
}
