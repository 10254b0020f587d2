package azuredevops

import "testing"

// TestAuditRoot holds that the cloud's audit log is found however its address is written.
func TestAuditRoot(t *testing.T) {
	for address, want := range map[string]string{
		"":                                auditHome,
		"https://dev.azure.com":           auditHome,
		"https://dev.azure.com/":          auditHome,
		"https://devops.example.com/tfs/": "https://devops.example.com",
	} {
		_, base, err := readConfig(func(to any) error {
			c := to.(*Config)
			c.Organization = "acme"
			if address != "" {
				c.BaseURL = address
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := auditRoot(base); got != want {
			t.Errorf("%q: %s, want %s", address, got, want)
		}
	}
}
