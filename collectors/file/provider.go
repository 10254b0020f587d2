// Package file collects the files of a folder: documents that no API gives, such as reports, minutes, exports.
//
// It never follows a link out of the folder, never writes, and opens no connection.
package file

import "exhibit/internal/collect"

// Provider is a folder of files.
type Provider struct{}

// Name implements collect.Provider.
func (Provider) Name() string { return "file" }

// Collectors implements collect.Provider.
func (Provider) Collectors() []collect.Collector {
	return []collect.Collector{document()}
}
