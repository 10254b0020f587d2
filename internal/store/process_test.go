package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"exhibit/internal/evidence"
	"exhibit/internal/store"
	"exhibit/internal/store/storetest"
)

const childEnv = "EXHIBIT_STORE_TEST_CHILD"

// TestMain runs the test binary as one of the children below.
func TestMain(m *testing.M) {
	role, path, _ := strings.Cut(os.Getenv(childEnv), " ")
	switch role {
	case "":
		os.Exit(m.Run())
	case "write":
		childWrite(path)
	case "hold":
		childHold(path)
	case "fill":
		childFill(path)
	}
}

func child(t *testing.T, role, path string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"="+role+" "+path)
	cmd.Stderr = os.Stderr
	return cmd
}

func childOpen(path string) *store.Store {
	key, err := storetest.Key("test.example/log")
	if err == nil {
		var s *store.Store
		if s, err = store.Open(path, store.Options{Key: key}); err == nil {
			return s
		}
	}
	fmt.Println("error", err)
	os.Exit(1)
	return nil
}

// childWrite commits for ever and prints each entry that was acknowledged, with the root over the log up to it.
func childWrite(path string) {
	s := childOpen(path)
	for i := 0; ; i++ {
		index, err := childCommit(s, i)
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		_ = s.View(func(v *store.View) error {
			root, err := v.Root(index + 1)
			fmt.Println("committed", index, root, err)
			return err
		})
	}
}

func childCommit(s *store.Store, i int) (int64, error) {
	b, err := s.Begin()
	if err != nil {
		return -1, err
	}
	defer b.Discard()
	// Enough for a transaction before the commit, and different for every process and round.
	list := b.List("test|x|y", "x")
	ctx := context.Background()
	for n := range 1500 {
		object := fmt.Sprintf(`{"n":%d,"pid":%d,"round":%d}`, n, os.Getpid(), i)
		if n%3 != 0 {
			object = fmt.Sprintf(`{"n":%d}`, n)
		}
		if _, err := list.Add(ctx, fmt.Sprintf("key-%05d", n), []byte(object)); err != nil {
			return -1, err
		}
	}
	ref, err := list.Close()
	if err != nil {
		return -1, err
	}
	snapshot := evidence.Snapshot{Collector: "x", Source: "test", Scope: evidence.Scope{Provider: "p", Account: "y"},
		Subjects: ref, Outcome: evidence.OutcomeOK, Window: evidence.Window{From: storetest.Start(), To: storetest.Start()}}
	object, err := evidence.Encode(snapshot)
	if err != nil {
		return -1, err
	}
	snapshots := b.List("snapshots", "snapshot")
	if _, err := snapshots.Add(ctx, snapshot.Series(), object); err != nil {
		return -1, err
	}
	run := evidence.Run{ID: fmt.Sprint(i)}
	if run.Snapshots, err = snapshots.Close(); err != nil {
		return -1, err
	}
	body, err := evidence.Encode(run)
	if err != nil {
		return -1, err
	}
	return b.Commit(evidence.KindRun, body, storetest.Start())
}

// TestKill kills a writing process, again and again. Every entry that it acknowledged is in the store after, under the
// same root, and the store is whole.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "evidence.db")
	must(t, create(t, path).Close())
	roots := map[int64]string{}
	rounds := 8
	if testing.Short() {
		rounds = 2
	}
	for round := range rounds {
		cmd := child(t, "write", path)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		// The first acknowledgement starts the clock, so that every round commits something and dies at another moment.
		lines := bufio.NewScanner(out)
		var timer *time.Timer
		for lines.Scan() {
			var index int64
			var root string
			if n, err := fmt.Sscanf(lines.Text(), "committed %d %s", &index, &root); n != 2 {
				t.Errorf("%s: %v", lines.Text(), err)
				break
			}
			roots[index] = root
			if timer == nil {
				timer = time.AfterFunc(time.Duration(round*7+3)*time.Millisecond, func() { _ = cmd.Process.Kill() })
			}
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()

		s := open(t, path)
		storetest.Check(t, s)
		must(t, s.View(func(v *store.View) error {
			for index, want := range roots {
				got, err := v.Root(index + 1)
				if err != nil || got.String() != want {
					t.Errorf("round %d: acknowledged entry %d is not there: %v", round, index, err)
				}
			}
			return nil
		}))
		must(t, s.Close())
	}
	if len(roots) < rounds {
		t.Errorf("only %d entries were acknowledged", len(roots))
	}
	t.Logf("%d entries acknowledged in %d rounds", len(roots), rounds)
}

func childHold(path string) {
	s := childOpen(path)
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = s.Close()
}

// TestLock opens a store that another process holds.
func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "evidence.db")
	must(t, create(t, path).Close())
	cmd := child(t, "hold", path)
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatalf("%q, %v", line, err)
	}
	for _, o := range []store.Options{{}, {ReadOnly: true}, {Key: key(t, "test.example/log")}} {
		if _, err := store.Open(path, o); !errors.Is(err, store.ErrLocked) {
			t.Errorf("opened what another process holds: %v", err)
		}
	}
	if _, err := store.Compact(t.Context(), path, path+".small"); !errors.Is(err, store.ErrLocked) {
		t.Errorf("compacted what another process holds: %v", err)
	}
	must(t, in.Close())
	must(t, cmd.Wait())
	must(t, open(t, path).Close())
}

// childFill commits until there is no room, which a limit on the size of files stands for.
func childFill(path string) {
	s := childOpen(path)
	signal.Ignore(syscall.SIGXFSZ)
	info, err := os.Stat(path)
	if err != nil {
		panic(err)
	}
	limit := syscall.Rlimit{Cur: uint64(info.Size()) + 300<<10, Max: uint64(info.Size()) + 300<<10}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		panic(err)
	}
	committed := 0
	for i := range 1000 {
		if _, err = childCommit(s, i); err != nil {
			break
		}
		committed++
	}
	fmt.Println(committed, errors.Is(err, store.ErrDiskFull), err)
	_, err = childCommit(s, 0)
	fmt.Println(errors.Is(err, store.ErrBroken), err)
	report, err := s.Check(context.Background(), nil)
	fmt.Println(report.OK(), err)
}

// TestDiskFull fills the disk. What was committed before is there after, and the store goes on once there is room.
func TestDiskFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "evidence.db")
	must(t, create(t, path).Close())
	out, err := child(t, "fill", path).Output()
	must(t, err)
	var committed int
	var full, broken, whole bool
	lines := strings.SplitN(string(out), "\n", 4)
	if len(lines) != 4 {
		t.Fatalf("%q", out)
	}
	_, _ = fmt.Sscan(lines[0], &committed, &full)
	_, _ = fmt.Sscan(lines[1], &broken)
	_, _ = fmt.Sscan(lines[2], &whole)
	if committed == 0 || !full || !broken || !whole {
		t.Errorf("when the disk was full:\n%s", out)
	}
	s := open(t, path)
	storetest.Check(t, s)
	must(t, s.View(func(v *store.View) error {
		if v.Size() < int64(committed)+1 {
			t.Errorf("%d entries, %d were acknowledged", v.Size(), committed+1)
		}
		return nil
	}))
	_, err = childCommit(s, 0)
	must(t, err)
	storetest.Check(t, s)
	must(t, s.Close())
}
