package change

import (
	"strings"
	"testing"
)

// TestAzureDevOpsRecording holds the verdicts over what the collector makes of Azure DevOps' answers.
func TestAzureDevOpsRecording(t *testing.T) {
	subjects := recorded(t, "azuredevops/testdata/azuredevops.pull-request.json")
	for id, want := range map[string]Verdict{
		"payments/ledger!1":   IsApproved,
		"payments/ledger!2":   SelfApproved, // by its author, which a policy may allow
		"payments/ledger!3":   ThenChanged,
		"payments/ledger!4":   Bypassed,
		"payments/ledger!5":   IsEmergency, // labelled so, and approved the same evening
		"payments/ledger!6":   Unreviewed,
		"payments/terminal!7": IsApproved,   // a robot's, squashed, after a push had taken an approval back
		"payments/ledger!8":   Dismissed,    // taken back by the one who gave it
		"payments/ledger!9":   SelfApproved, // by one who pushed to it
	} {
		s, ok := subjects[id]
		if !ok {
			t.Errorf("%s is not in the recording", id)
			continue
		}
		c, err := Of(s)
		if err != nil {
			t.Fatal(err)
		}
		if j := c.Judge(); j.Verdict != want {
			t.Errorf("%s: got %s (%s), want %s", id, j.Verdict, j.Why, want)
		}
		if is, known := c.OnDefault(); !is || !known || !strings.HasPrefix(c.Repository, "dev.azure.com/acme/payments/_git/") {
			t.Errorf("%s: %s into %s of %s", id, c.Repository, c.Target, c.Default)
		}
	}
	bypassed, err := Of(subjects["payments/ledger!4"])
	if err != nil || bypassed.Bypass == "" {
		t.Errorf("bypassed by %q, %v", bypassed.Bypass, err)
	}
	squashed, err := Of(subjects["payments/terminal!7"])
	if err != nil {
		t.Fatal(err)
	}
	if got := squashed.Explains(); len(got) != 2 || got[0] != squashed.Merge || got[1] != squashed.Head {
		t.Errorf("a squash explains %v", got)
	}
}
