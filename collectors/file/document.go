package file

import (
	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// documentDoc is one file.
type documentDoc struct {
	Path     string `json:"path"` // relative to the folder, with slashes
	Name     string `json:"name"`
	Size     int64  `json:"size"`
	Digest   string `json:"digest"` // "sha256:" and 64 hex digits, over the whole file
	Modified string `json:"modified"`
	// Format is "json", "csv" or, for what is not decoded, empty.
	Format string `json:"format"`
	// Content is a JSON file's value.
	Content any `json:"content"`
	// Records are a CSV file's rows by the names in its first row.
	Records []map[string]string `json:"records"`
	// Undecoded says why a JSON or CSV file has no content here.
	Undecoded string `json:"undecoded"`
}

// document is one file of the folder: what it is, and for JSON and CSV what stands in it.
func document() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "file.document",
			Title:    "File",
			Doc:      evidence.ShapeOf[documentDoc](),
			Volatile: []string{"/modified"},
			Ordered:  []string{"/records"},
		},
		Version:    1,
		Operations: []collect.Operation{{Name: "file:read"}},
	}
}
