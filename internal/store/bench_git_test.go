package store_test

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"exhibit/internal/store/storetest"
)

// benchGit keeps the same history in git, a file a subject, by fast-import, which is faster than any tool that writes files;
// then it collects garbage, which is when git packs.
func benchGit(b *testing.B, estate storetest.Estate, days int) {
	b.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		b.Log("no git here to compare with")
		return
	}
	dir := filepath.Join(b.TempDir(), "git")
	git := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(b.Context(), "git", append([]string{"-C", dir}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		return cmd
	}
	must(b, exec.CommandContext(b.Context(), "git", "init", "-q", "--bare", dir).Run())
	corpus := estate.Corpus(b)
	imported := git("fast-import", "--quiet")
	pipe, err := imported.StdinPipe()
	must(b, err)
	must(b, imported.Start())
	start := time.Now()
	w := bufio.NewWriterSize(pipe, 1<<20)
	for day := range days {
		corpus.Day(b, day)
		fmt.Fprintf(w, "commit refs/heads/main\ncommitter x <x@example.com> %d +0000\ndata 3\nday\n", 1_700_000_000+day*86400)
		for _, subjectType := range estate.Types {
			for n, d := range corpus.Day(b, day)[subjectType] {
				if day == 0 || estate.Version(n, day) != estate.Version(n, day-1) {
					fmt.Fprintf(w, "M 100644 inline %s/%06d.json\ndata %d\n%s\n", subjectType, n, len(d.Object), d.Object)
				}
			}
		}
	}
	must(b, w.Flush())
	must(b, pipe.Close())
	must(b, imported.Wait())
	b.ReportMetric(time.Since(start).Seconds(), "git-import-s")
	start = time.Now()
	must(b, git("gc", "-q").Run())
	must(b, git("repack", "-adfq").Run()) // as gc packs loose files: it would keep the deltas that fast-import made
	b.ReportMetric(time.Since(start).Seconds(), "git-gc-s")
	size := int64(0)
	must(b, filepath.WalkDir(filepath.Join(dir, "objects"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		size += info.Size()
		return err
	}))
	b.ReportMetric(float64(size)/1e6, "git-MB")
}
