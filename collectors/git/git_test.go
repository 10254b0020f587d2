package git_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"exhibit/collectors/git"
	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
)

// clone is a repository that git itself made.
type clone struct {
	t   *testing.T
	dir string
	at  int // commits so far, which are an hour apart
}

func newClone(t *testing.T) *clone {
	t.Helper()
	c := &clone{t: t, dir: t.TempDir()}
	c.git("init", "-q", "-b", "main")
	return c
}

// git runs git as Ann, or as whom args ask for, out of reach of the machine's own configuration.
func (c *clone) git(args ...string) string {
	c.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = c.dir
	date := fmt.Sprintf("2026-05-04T%02d:00:00+02:00", c.at)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "HOME="+c.dir,
		"GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=CANARY-ann@example.com", "GIT_COMMITTER_NAME=Ann",
		"GIT_COMMITTER_EMAIL=CANARY-ann@example.com", "GIT_AUTHOR_DATE="+date, "GIT_COMMITTER_DATE="+date)
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (c *clone) commit(message string, args ...string) string {
	c.t.Helper()
	c.at++
	c.git(append([]string{"commit", "-q", "--allow-empty", "-m", message}, args...)...)
	return c.git("rev-parse", "HEAD")
}

// key makes an SSH key and returns its path and its public half.
func (c *clone) key(name string) (path, public string) {
	c.t.Helper()
	path = filepath.Join(c.t.TempDir(), name)
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path).CombinedOutput(); err != nil {
		c.t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
	raw, err := os.ReadFile(path + ".pub")
	if err != nil {
		c.t.Fatal(err)
	}
	return path, strings.TrimSpace(string(raw))
}

func (c *clone) file(text string) string {
	c.t.Helper()
	path := filepath.Join(c.t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

// collected is what a source's section gives.
type collected struct {
	run   evidence.Run
	snaps map[string]evidence.Snapshot
	docs  map[string]map[string]map[string]any // by type and id
	text  string                               // of everything
}

func collectClone(t *testing.T, section map[string]any) collected {
	t.Helper()
	raw, err := yaml.Dump(section)
	if err != nil {
		t.Fatal(err)
	}
	b := collecttest.NewMemory()
	run, err := collect.Run(t.Context(), collect.Config{
		Sources: []collect.OpenSource{{Name: "shop", Provider: git.Provider{}, Decode: func(into any) error {
			return yaml.Load(raw, into, yaml.WithKnownFields())
		}}},
		Batch: b, RedactionKey: make([]byte, 32), Limits: collect.Limits{Pace: math.Inf(1)},
	})
	if err != nil {
		t.Fatal(err)
	}
	out := collected{run: run, snaps: map[string]evidence.Snapshot{}, docs: map[string]map[string]map[string]any{}}
	snaps, objects, err := b.Snapshots()
	if err != nil {
		t.Fatal(err)
	}
	for i, snap := range snaps {
		out.snaps[snap.Collector] = snap
		out.docs[snap.Collector] = map[string]map[string]any{}
		for id, object := range objects[i] {
			var s struct{ Doc map[string]any }
			if err := json.Unmarshal(object, &s); err != nil {
				t.Fatal(err)
			}
			out.docs[snap.Collector][id] = s.Doc
			out.text += string(object)
		}
	}
	return out
}

// TestClone collects a history with a merge, people in trailers, and tags of both kinds.
func TestClone(t *testing.T) {
	c := newClone(t)
	c.git("remote", "add", "origin", "https://ann:CANARY-token@git.example.com/shop.git")
	first := c.commit("begin")
	c.git("checkout", "-q", "-b", "fix")
	fix := c.commit("mend\n\nCo-authored-by: Bob <CANARY-bob@example.com>\nReviewed-by: Cy <CANARY-cy@example.com>\nSee: x <y>")
	c.git("checkout", "-q", "main")
	other := c.commit("beside it")
	c.at++
	c.git("merge", "-q", "--no-ff", "-m", "merge fix", "fix")
	merge := c.git("rev-parse", "HEAD")
	c.git("tag", "light")
	c.git("tag", "-a", "v1", "-m", "first", first)

	got := collectClone(t, map[string]any{"path": c.dir})
	if got.run.Outcome != evidence.OutcomeOK {
		t.Fatalf("run ended %s: %+v", got.run.Outcome, got.run.Scopes)
	}
	if strings.Contains(got.text, collecttest.Canary) {
		t.Errorf("an address or a password was kept: %s", got.text)
	}
	repository := got.docs["git.repository"]["https://git.example.com/shop.git"]
	if repository["branch"] != "refs/heads/main" || repository["head"] != merge || repository["shallow"] != false {
		t.Errorf("repository: %v", repository)
	}
	commits := got.docs["git.commit"]
	if len(commits) != 4 {
		t.Fatalf("%d commits, want 4", len(commits))
	}
	for id, parents := range map[string][]string{first: nil, fix: {first}, other: {first}, merge: {other, fix}} {
		if got := fmt.Sprint(commits[id]["parents"]); got != fmt.Sprint(parents) {
			t.Errorf("parents of %s are %s, want %v", id, got, parents)
		}
		if commits[id]["signature"] != nil {
			t.Errorf("%s is not signed: %v", id, commits[id]["signature"])
		}
	}
	if at := commits[first]["author"].(map[string]any)["at"]; at != "2026-05-03T23:00:00Z" {
		t.Errorf("author's time %v", at)
	}
	var people []string
	for _, v := range commits[fix]["trailers"].([]any) {
		line := v.(map[string]any)
		people = append(people, fmt.Sprint(line["key"], " ", line["name"]))
	}
	if fmt.Sprint(people) != "[co-authored-by Bob reviewed-by Cy]" {
		t.Errorf("trailers name %v", people)
	}
	tags := got.docs["git.tag"]
	if v := tags["refs/tags/v1"]; v["annotated"] != true || v["target"] != first || v["targetType"] != "commit" {
		t.Errorf("annotated tag: %v", v)
	}
	if v := tags["refs/tags/light"]; v["annotated"] != false || v["target"] != merge || len(tags) != 2 {
		t.Errorf("tag that is a name: %v of %d", v, len(tags))
	}
}

// TestSince leaves out what a revision can reach, whatever the dates say.
func TestSince(t *testing.T) {
	c := newClone(t)
	c.at = 20
	c.commit("begin")
	c.git("tag", "v1")
	c.at = 2 // made before what it stands on, by its own word
	late := c.commit("backdated")
	got := collectClone(t, map[string]any{"path": c.dir, "since": "v1", "branch": "main"})
	if ids := got.docs["git.commit"]; len(ids) != 1 || ids[late] == nil {
		t.Errorf("commits since v1: %v", ids)
	}
}

// TestSignatures verifies what git and ssh-keygen signed.
func TestSignatures(t *testing.T) {
	c := newClone(t)
	ann, annPublic := c.key("ann")
	mallory, _ := c.key("mallory")
	c.git("config", "gpg.format", "ssh")
	sign := func(key, message string) string { return c.commit(message, "-S"+key+".pub") }
	early := sign(ann, "early")
	good := sign(ann, "good")
	foreign := sign(mallory, "foreign")
	// The same signature over other bytes: what was signed is changed afterwards.
	raw := c.git("cat-file", "commit", good)
	c.git("config", "gpg.format", "openpgp")
	forged := c.object(strings.Replace(raw, "\n\ngood", "\n\nbetter", 1))
	c.git("reset", "-q", "--hard", forged)

	allowed := "# who may sign\n" +
		`ann@example.com namespaces="git",valid-after="20260504000000Z" ` + annPublic + "\n" +
		`bob@example.com namespaces="file" ` + annPublic + "\n"
	states := func(section map[string]any, id string) string {
		section["path"] = c.dir
		got := collectClone(t, section)
		doc, _ := got.docs["git.commit"][id]["signature"].(map[string]any)
		return fmt.Sprint(doc["format"], " ", doc["verified"])
	}
	with := func(text string) map[string]any { return map[string]any{"allowed_signers": c.file(text)} }
	for _, tt := range []struct {
		name, id, allowed, want string
	}{
		{"nobody is configured", good, "", "ssh <nil>"},
		{"a key that may sign", good, allowed, "ssh true"},
		{"before the key might", early, allowed, "ssh false"},
		{"other bytes", forged, allowed, "ssh false"},
		{"for another purpose only", good, `ann@example.com namespaces="file" ` + annPublic, "ssh false"},
		{"a key that has ended", good, `ann@example.com valid-before="20260101" ` + annPublic, "ssh false"},
	} {
		section := map[string]any{"branch": "main"}
		if tt.allowed != "" {
			section = with(tt.allowed)
		}
		if tt.id != forged {
			c.git("reset", "-q", "--hard", foreign)
		} else {
			c.git("reset", "-q", "--hard", forged)
		}
		if got := states(section, tt.id); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	c.git("reset", "-q", "--hard", foreign)
	if got := states(with(allowed), foreign); got != "ssh false" {
		t.Errorf("a key that nobody allowed: %s", got)
	}
}

// object writes a commit as it stands.
func (c *clone) object(text string) string {
	c.t.Helper()
	return c.git("hash-object", "-t", "commit", "-w", c.file(text+"\n"))
}

// TestNotWhole holds that what is not there is never taken for nothing.
func TestNotWhole(t *testing.T) {
	c := newClone(t)
	c.commit("begin")
	c.commit("more")
	shallow := &clone{t: t, dir: t.TempDir()}
	shallow.git("clone", "-q", "--depth", "1", "file://"+c.dir, "s")
	broken := newClone(t)
	gone := broken.commit("lost")
	broken.commit("kept")
	if err := os.Remove(filepath.Join(broken.dir, ".git/objects", gone[:2], gone[2:])); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		section map[string]any
		want    evidence.Outcome
	}{
		{"a shallow clone", map[string]any{"path": filepath.Join(shallow.dir, "s")}, evidence.OutcomeFailed},
		{"an object that is gone", map[string]any{"path": broken.dir}, evidence.OutcomeFailed},
		{"no such branch", map[string]any{"path": c.dir, "branch": "production"}, evidence.OutcomeFailed},
		{"no such revision", map[string]any{"path": c.dir, "since": "v9"}, evidence.OutcomeFailed},
		{"no clone", map[string]any{"path": t.TempDir()}, evidence.OutcomeFailed},
		{"no folder", map[string]any{"path": filepath.Join(c.dir, "gone")}, evidence.OutcomeFailed},
	} {
		got := collectClone(t, tt.section)
		if snap := got.snaps["git.commit"]; snap.Outcome != tt.want || snap.Listed() {
			t.Errorf("%s: commits ended %s", tt.name, snap.Outcome)
		}
	}
}

// TestOpenRefuses holds that a section that cannot be meant is an error before anything is collected.
func TestOpenRefuses(t *testing.T) {
	c := newClone(t)
	for want, section := range map[string]string{
		"path is required":   "branch: main",
		"open the keyring":   "path: .\nkeyring: " + filepath.Join(c.dir, "gone"),
		"read the keyring":   "path: .\nkeyring: " + c.file("no keys"),
		"line 2: expected":   "path: .\nallowed_signers: " + c.file("# x\nann@example.com"),
		"is not understood":  "path: .\nallowed_signers: " + c.file("ann cert-authority "+c.public()),
		"expected something": "path: .\nallowed_signers: " + c.file(`ann valid-before="soon" `+c.public()),
	} {
		_, err := git.Provider{}.Open(t.Context(), func(into any) error {
			return yaml.Load([]byte(section), into, yaml.WithKnownFields())
		}, collect.Env{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", section, err, want)
		}
	}
}

func (c *clone) public() string {
	_, public := c.key("k")
	return public
}
