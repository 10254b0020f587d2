package inlet

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName bounds the name and the format of a report, in bytes.
const maxName = 200

// printable reports whether a text may stand in evidence, logs and errors.
func printable(s string) bool {
	hidden := func(r rune) bool { return !unicode.IsPrint(r) }
	return len(s) <= maxName && utf8.ValidString(s) && !strings.ContainsFunc(s, hidden)
}

// types are the content types of reports.
func types() []string {
	return []string{"application/json", "application/sarif+json", "application/x-ndjson", "application/xml", "text/xml",
		"application/yaml", "application/x-yaml", "application/octet-stream"}
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
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, refuse(http.StatusRequestTimeout, "deliver it over a faster line", "the body did not come in time")
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "deliver it again", "read the body: %w", err)
	case len(body) == 0:
		return nil, refuse(http.StatusUnprocessableEntity, "send the report as the body", "report is empty")
	}
	return body, nil
}
