package bundle_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"exhibit/internal/bundle/format"
)

// TestStockTools verifies a bundle with unzip, sha256sum and ssh-keygen, by the very commands of its README.txt.
func TestStockTools(t *testing.T) {
	for _, tool := range []string{"unzip", "sha256sum", "ssh-keygen", "sh"} {
		if _, err := exec.LookPath(tool); errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") == "" {
			t.Skipf("%s is not installed", tool)
		}
	}
	m := newMaker(t)
	dir := t.TempDir()
	save(t, filepath.Join(dir, "bundle.zip"), m.good)
	run := func(wantOK bool, in, command string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
		cmd.Dir = in
		out, err := cmd.CombinedOutput()
		if (err == nil) != wantOK {
			t.Errorf("%s: %v\n%s", command, err, out)
		}
		return string(out)
	}
	run(true, dir, "unzip -tq bundle.zip")
	run(true, dir, "unzip -q bundle.zip -d out")
	out := filepath.Join(dir, "out")
	readme := string(m.apart().content(format.Readme))
	commands := map[string]string{}
	for line := range strings.Lines(readme) {
		line = strings.TrimSpace(line)
		name, _, _ := strings.Cut(line, " ")
		commands[name] = line
	}
	if got := run(true, out, commands["sha256sum"]); strings.Contains(got, "FAILED") || !strings.Contains(got, "README.txt: OK") {
		t.Error(got)
	}
	if got := run(true, out, commands["ssh-keygen"]); !strings.Contains(got, `Good "exhibit-bundle" signature for example.test/ledger`) {
		t.Error(got)
	}
	digest := strings.Fields(run(true, out, strings.Replace(commands["sed"], "TYPE", "aws.s3.bucket", 1)))
	if manifest := m.apart().content(bucketLists); len(digest) == 0 || !bytes.Contains(manifest, []byte("sha256:"+digest[0])) {
		t.Errorf("the digest of an object is %v, which the manifest does not hold", digest)
	}
	// The fingerprint in README.txt is the one that ssh-keygen prints.
	key := run(true, out, `awk '{print $3, $4}' allowed_signers > key.pub && ssh-keygen -lf key.pub`)
	if f := strings.Fields(key); len(f) < 2 || !strings.Contains(readme, "fingerprint "+f[1]) {
		t.Errorf("ssh-keygen says %q", key)
	}
	save(t, filepath.Join(out, "index.csv"), []byte("requirement\n"))
	run(false, out, commands["sha256sum"])
	save(t, filepath.Join(out, format.Sums), []byte("\n"))
	run(false, out, commands["ssh-keygen"])
}
