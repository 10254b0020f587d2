package config

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

// folders is a configuration with folders of acceptances and attestations.
func folders(t *testing.T) *Config {
	t.Helper()
	dir := t.TempDir()
	c := Default(dir)
	c.Acceptances, c.Attestations = filepath.Join(dir, "acceptances"), filepath.Join(dir, "attestations")
	for _, d := range []string{c.Acceptances, c.Attestations} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const pressKit = `requester: ann@example.com
approver: ben@example.com
owner: web@example.com
reason: published on purpose   # by the board
category: waiver
check: aws.s3.bucket-not-public
scope: aws:111122223333
subjects: ["arn:aws:s3:::press-kit"]
`

// TestAcceptanceDays holds that days are those of the zone, also where the clocks change within them.
func TestAcceptanceDays(t *testing.T) {
	const stamp = "2006-01-02T15:04Z"
	for _, tc := range []struct {
		name, start, end, zone                string
		wantStart, wantEnd, wantHigh, wantDay string
	}{
		{"UTC", "2026-01-01", "2026-01-31", "", "2026-01-01T00:00Z", "2026-02-01T00:00Z", "2026-04-01T00:00Z", "2026-01-31"},
		{"Berlin in winter", "2026-01-01", "2026-01-31", "Europe/Berlin", "2025-12-31T23:00Z", "2026-01-31T23:00Z", "2026-03-31T22:00Z", "2026-01-31"},
		{"the day of 23 hours", "2026-03-01", "2026-03-29", "Europe/Berlin", "2026-02-28T23:00Z", "2026-03-29T22:00Z", "2026-05-29T22:00Z", "2026-03-29"},
		{"the day of 25 hours", "2026-10-01", "2026-10-25", "Europe/Berlin", "2026-09-30T22:00Z", "2026-10-25T23:00Z", "2026-12-29T23:00Z", "2026-10-25"},
		{"behind UTC", "2026-12-01", "2026-12-31", "America/New_York", "2026-12-01T05:00Z", "2027-01-01T05:00Z", "2027-03-01T05:00Z", "2026-12-31"},
		{"times", "2026-01-01T10:00:00Z", "2026-01-02T10:00:00+02:00", "Europe/Berlin", "2026-01-01T10:00Z", "2026-01-02T08:00Z", "2026-04-01T09:00Z", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := folders(t)
			write(t, c.Acceptances, "press-kit.yaml", pressKit+"start: "+tc.start+"\nend: "+tc.end+"\nzone: "+tc.zone+"\n")
			list, err := c.ReadAcceptances()
			if err != nil || len(list) != 1 {
				t.Fatalf("%+v, %v", list, err)
			}
			a := list[0]
			for _, g := range []struct{ what, got, want string }{
				{"id", a.ID, "press-kit"}, {"start", a.Start.Format(stamp), tc.wantStart}, {"end", a.End.Format(stamp), tc.wantEnd},
				{"the most for high", a.Limits.Latest[evidence.High].Format(stamp), tc.wantHigh}, {"last day", a.LastDay, tc.wantDay},
			} {
				if g.got != g.want {
					t.Errorf("%s is %s, want %s", g.what, g.got, g.want)
				}
			}
		})
	}
}

func TestFoldersThatAreNotThere(t *testing.T) {
	c := folders(t)
	c.Acceptances, c.Attestations = filepath.Join(c.Acceptances, "none"), filepath.Join(c.Attestations, "none")
	if _, err := c.ReadAcceptances(); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing folder of acceptances: %v", err)
	}
	if _, err := c.ReadAttestations(); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing folder of attestations: %v", err)
	}
	c.Acceptances, c.Attestations = "", ""
	accepted, err := c.ReadAcceptances()
	stated, bad := c.ReadAttestations()
	if accepted != nil || stated != nil || err != nil || bad != nil {
		t.Errorf("no folders: %v, %v, %v, %v", accepted, stated, err, bad)
	}
	if _, err := c.AddAcceptance("a", NewAcceptance{}); err == nil || !strings.Contains(err.Error(), "acceptances: ./acceptances/") {
		t.Errorf("written without a folder: %v", err)
	}
}

func TestLimits(t *testing.T) {
	c, err := Parse("x.yaml", []byte("acceptance: { max: { high: 45d }, max_renewals: 0 }\nattestation: { expires: 30d, signers: ./people }\n"), providers)
	if err != nil {
		t.Fatal(err)
	}
	if c.Acceptance.Max[evidence.High] != 45*day || c.Acceptance.Max[evidence.Critical] != 30*day || c.Acceptance.Renewals != 0 {
		t.Errorf("acceptances: %+v", c.Acceptance)
	}
	if c.Attestation.Expires != 30*day || c.Attestation.Max != 400*day || c.Attestation.Signers != "people" {
		t.Errorf("attestations: %+v", c.Attestation)
	}
}

// TestAddAcceptance holds that what is written is read back, that nothing is overwritten, and that setting a key leaves
// the rest alone.
func TestAddAcceptance(t *testing.T) {
	c := folders(t)
	n := NewAcceptance{Requester: "ann", Owner: "web", Reason: "a \"quoted\": reason #1\nin two lines <&>", Category: "mitigated", Check: "a.b",
		Scope: "aws:1", Subjects: []string{"arn:a", "arn:b"}, Compensating: []string{"a.c"}, Ticket: "https://t.example.com/1",
		Start: "2026-01-01", End: "2026-02-01", Zone: "Europe/Berlin"}
	want, err := c.CheckAcceptance("one", n)
	if err != nil || want.Reason != n.Reason || want.Approver != "" {
		t.Fatalf("%+v, %v", want, err)
	}
	path, err := c.AddAcceptance("one", n)
	if err != nil {
		t.Fatal(err)
	}
	got, zone, err := c.ReadAcceptance("one")
	if err != nil || got.Reason != want.Reason || zone != "Europe/Berlin" {
		t.Errorf("read back %+v, %q, %v", got, zone, err)
	}
	if _, err := c.AddAcceptance("one", n); err == nil || !strings.Contains(err.Error(), "nothing is overwritten") {
		t.Errorf("written twice: %v", err)
	}
	for _, id := range []string{"../one", "", ".x", "a/b"} {
		if _, err := c.AddAcceptance(id, n); err == nil {
			t.Errorf("written as %q", id)
		}
	}
	if a, err := c.SetAcceptance("one", "approver", "ben: the \"CISO\""); err != nil || a.Approver != "ben: the \"CISO\"" {
		t.Errorf("approved: %+v, %v", a, err)
	}
	if a, err := c.SetAcceptance("one", "end", "2026-01-15T12:00:00Z"); err != nil || a.End.Format(time.RFC3339) != "2026-01-15T12:00:00Z" || a.Approver == "" {
		t.Errorf("ended: %+v, %v", a, err)
	}
	before, _ := os.ReadFile(path)
	if _, err := c.SetAcceptance("one", "end", "2025-01-15"); err == nil {
		t.Error("ended before it began")
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Errorf("a refused change was written:\n%s", after)
	}
}

// TestSetKey edits texts that people wrote by hand.
func TestSetKey(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"appended", "a: 1 # why\n", "a: 1 # why\napprover: \"ben\"\n"},
		{"without a last line's end", "a: 1", "a: 1\napprover: \"ben\"\n"},
		{"empty", "a: 1\napprover:\nb: 2\n", "a: 1\napprover: \"ben\"\nb: 2\n"},
		{"replaced", "approver: ann\nb: 2\n", "approver: \"ben\"\nb: 2\n"},
		{"in more lines", "approver: |\n  ann\nb: 2\n", ""},
		{"in braces", "{ a: 1 }\n", ""},
		{"no mapping", "- a\n", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := setKey("x.yaml", []byte(tc.text), "approver", "ben")
			if string(got) != tc.want || (err == nil) != (tc.want != "") {
				t.Errorf("got %q, %v, want %q", got, err, tc.want)
			}
		})
	}
}

func TestAddAttestation(t *testing.T) {
	c := folders(t)
	dir := t.TempDir()
	write(t, dir, "minutes.txt", "The board met.")
	n := NewAttestation{Requirement: "soc2/CC1.2", Author: "ann", Statement: "They met.", From: "2026-01-01", To: "2026-03-31",
		Expires: "2026-06-30", Zone: "Europe/Berlin", Attach: []string{filepath.Join(dir, "minutes.txt")}}
	if _, _, err := c.AddAttestation("board", n); err != nil {
		t.Fatal(err)
	}
	list, err := c.ReadAttestations()
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	s := list[0]
	if s.Attachments["minutes.txt"] != evidence.Sum([]byte("The board met.")) || s.Signature != nil {
		t.Errorf("read back %+v", s)
	}
	if s.Period.To.Format(time.RFC3339) != "2026-03-31T22:00:00Z" || s.Expires.Format(time.RFC3339) != "2026-06-30T22:00:00Z" {
		t.Errorf("period to %s, expires %s: want the ends of the days in Berlin", s.Period.To, s.Expires)
	}
	if _, _, err := c.AddAttestation("board", n); err == nil {
		t.Error("written twice")
	}
	n.Attach = append(n.Attach, n.Attach[0])
	if _, _, err := c.AddAttestation("two", n); err == nil || !strings.Contains(err.Error(), "two of that name") {
		t.Errorf("two files of one name: %v", err)
	}
	large := filepath.Join(dir, "large")
	write(t, dir, "large", "")
	if err := os.Truncate(large, MaxAttachmentSize+1); err != nil {
		t.Fatal(err)
	}
	n.Attach = []string{large}
	if _, _, err := c.AddAttestation("three", n); err == nil || !strings.Contains(err.Error(), "32 MiB at most") {
		t.Errorf("too large: %v", err)
	}
	if err := os.Remove(filepath.Join(c.Attestations, "board", "minutes.txt")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ReadAttestations(); err == nil || !strings.Contains(err.Error(), "board.yaml: attachment minutes.txt") {
		t.Errorf("an attachment that is gone: %v", err)
	}
}

// TestSignedAttestation signs as people do, with ssh-keygen.
func TestSignedAttestation(t *testing.T) {
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("ssh-keygen is not here; internal/ledger tests the signatures without it")
	}
	c := folders(t)
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	if out, err := exec.Command(keygen, "-q", "-t", "ed25519", "-N", "", "-C", "ann", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	n := NewAttestation{Control: "backups", Author: "ann", Statement: "Restored.", From: "2026-01-01", To: "2026-03-31"}
	if _, _, err := c.AddAttestation("restore", n); err != nil {
		t.Fatal(err)
	}
	s, err := c.ReadAttestation("restore")
	if err != nil {
		t.Fatal(err)
	}
	message, err := s.Message()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(keygen, "-q", "-Y", "sign", "-n", evidence.AttestationNamespace, "-f", key)
	cmd.Stdin = strings.NewReader(string(message))
	signature, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	write(t, c.Attestations, "restore.sig", string(signature))
	read := func(signers string) ([]Statement, error) {
		c.Attestation.Signers = ""
		if signers != "" {
			write(t, dir, "signers", signers)
			c.Attestation.Signers = filepath.Join(dir, "signers")
		}
		return c.ReadAttestations()
	}
	list, err := read("ann " + string(public))
	if err != nil || list[0].Signature == nil || !strings.HasPrefix(string(public), list[0].Signature.Key) {
		t.Fatalf("%+v, %v", list, err)
	}
	if again, err := list[0].Message(); err != nil || string(again) != string(message) {
		t.Errorf("the message depends on the signature: %s, %v", again, err)
	}
	for _, tc := range []struct{ name, signers, want string }{
		{"no signers", "", "attestation.signers"},
		{"somebody else's key", "ben " + string(public), "nobody of that name may sign"},
		{"a pattern", "* " + string(public), "patterns are not read"},
	} {
		if _, err := read(tc.signers); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
	}
	text, err := os.ReadFile(filepath.Join(c.Attestations, "restore.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, c.Attestations, "restore.yaml", strings.Replace(string(text), "Restored.", "Restored twice.", 1))
	if _, err := read("ann " + string(public)); err == nil || !strings.Contains(err.Error(), "restore.sig: not ann's signature over this statement") {
		t.Errorf("the statement was changed after it was signed: %v", err)
	}
}
