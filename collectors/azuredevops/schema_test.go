package azuredevops

import "testing"

// A pointer of a schema that leads nowhere protects nothing.
func TestSchemaPointers(t *testing.T) {
	for _, c := range (Provider{}).Collectors() {
		for _, list := range [][]string{c.Schema.Secret, c.Schema.Volatile, c.Schema.Ordered} {
			for _, pointer := range list {
				if c.Schema.Doc.At(pointer) == nil {
					t.Errorf("%s: %s leads nowhere", c.Type(), pointer)
				}
			}
		}
	}
}
