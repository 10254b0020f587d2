package azuredevops

import (
	"errors"
	"testing"

	"exhibit/internal/evidence"
)

// TestAuditMeans tells an organisation that keeps no audit log from a caller who may not read it, and from answers that say
// neither.
func TestAuditMeans(t *testing.T) {
	for _, tt := range []struct {
		status  int
		message string
		outcome evidence.Outcome
	}{
		{403, "Auditing is not enabled for this organization.", evidence.OutcomeNotEnabled},
		{400, "The audit log is not available: the organization is not backed by Microsoft Entra ID.", evidence.OutcomeNotEnabled},
		{403, "You need the following permission to perform this action: View audit log.", evidence.OutcomeDenied},
		{403, "Auditing is disabled for those without the permission View audit log.", evidence.OutcomeDenied}, // in doubt
		{403, "Access from your network is not supported.", evidence.OutcomeDenied},
		{404, "The resource cannot be found.", evidence.OutcomeDenied},
		{503, "The audit service is not available.", evidence.OutcomeFailed},
		{401, "", evidence.OutcomeExpired},
	} {
		err := auditMeans(&refusal{status: tt.status, message: tt.message})
		if outcome, _ := (Provider{}).Classify(err); outcome != tt.outcome {
			t.Errorf("%d %q is %s, want %s", tt.status, tt.message, outcome, tt.outcome)
		}
	}
	if broken := errors.New("connection reset"); !errors.Is(auditMeans(broken), broken) {
		t.Error("an error that is not Azure DevOps' is taken for its word")
	}
}
