package daemon

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// TestWatch writes to a file bit by bit, and to others: each change is told once, and only when the files stand still.
func TestWatch(t *testing.T) {
	dir := t.TempDir()
	file, folder := filepath.Join(dir, "exhibit.yaml"), filepath.Join(dir, "controls")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(file, "a")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		told := 0
		done := make(chan struct{})
		go func() {
			defer close(done)
			watch(ctx, time.Second, func() []string { return []string{file, folder, ""} }, func() { told++ })
		}()
		step := func(want int, what string) {
			t.Helper()
			time.Sleep(time.Second)
			synctest.Wait()
			if told != want {
				t.Errorf("%s: told %d times, want %d", what, told, want)
			}
		}
		synctest.Wait()
		step(0, "nothing changed")
		write(file, "ab")
		step(0, "half written")
		write(file, "abc")
		step(0, "written, not known to be whole")
		step(1, "stood still")
		step(1, "nothing more")
		write(filepath.Join(folder, "one.yaml"), "x")
		step(1, "a new file in a folder")
		step(2, "a new file that stood still")
		if err := os.Remove(file); err != nil {
			t.Error(err)
		}
		step(2, "a file gone")
		step(3, "a file that stays gone")
		cancel()
		<-done
	})
}
