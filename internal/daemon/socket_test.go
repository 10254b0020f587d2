package daemon

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startSocket serves handle until the test ends, and returns where.
func startSocket(t *testing.T, handle Handler) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sock") // t.TempDir may be too long for a socket's name
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "s")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	ready := make(chan struct{})
	go func() {
		close(ready)
		done <- ServeSocket(ctx, path, handle)
	}()
	<-ready
	for {
		c, err := net.Dial("unix", path)
		if err == nil {
			c.Close()
			break
		}
		select {
		case err := <-done:
			t.Fatal(err)
		default:
		}
	}
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		os.RemoveAll(dir)
	})
	return path
}

func TestForward(t *testing.T) {
	path := startSocket(t, func(_ context.Context, c Command, stdout, stderr io.Writer) int {
		fmt.Fprintf(stdout, "ran %q in %s", c.Args, c.Dir)
		fmt.Fprint(stderr, "a warning\x00\xff")
		return 3
	})
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("socket %v, %v: want mode 0600", info.Mode(), err)
	}
	var stdout, stderr bytes.Buffer
	code, err := Forward(context.Background(), path, Command{Args: []string{"status", "--json"}, Dir: "/d"}, &stdout, &stderr)
	if err != nil || code != 3 {
		t.Fatalf("code %d, %v", code, err)
	}
	if got := stdout.String(); got != `ran ["status" "--json"] in /d` {
		t.Errorf("stdout %q", got)
	}
	if got := stderr.String(); got != "a warning\x00\xff" {
		t.Errorf("stderr %q", got)
	}
}

func TestForwardNobodyThere(t *testing.T) {
	if _, err := Forward(context.Background(), filepath.Join(t.TempDir(), "none"), Command{}, io.Discard, io.Discard); err == nil {
		t.Error("no error")
	}
}

// TestCallerGone proves that a command ends when its caller does.
func TestCallerGone(t *testing.T) {
	started, ended := make(chan struct{}), make(chan struct{})
	path := startSocket(t, func(ctx context.Context, _ Command, _, _ io.Writer) int {
		close(started)
		<-ctx.Done()
		close(ended)
		return 0
	})
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	go func() {
		_, err := Forward(ctx, path, Command{}, io.Discard, io.Discard)
		result <- err
	}()
	<-started
	cancel()
	<-ended
	if err := <-result; err == nil {
		t.Error("no error though the command never ended")
	}
}

// TestLineEndByItself proves that a command does not end because its line's end came late.
func TestLineEndByItself(t *testing.T) {
	path := startSocket(t, func(ctx context.Context, _ Command, _, _ io.Writer) int {
		select {
		case <-ctx.Done():
			return 1
		case <-time.After(50 * time.Millisecond):
			return 0
		}
	})
	// As many bytes as a decoder reads at first, and then the line's end.
	command := Command{Args: []string{strings.Repeat("a", 512-len(`{"args":[""],"dir":""}`))}}
	if code, err := Forward(context.Background(), path, command, io.Discard, io.Discard); code != 0 || err != nil {
		t.Errorf("code %d, %v", code, err)
	}
}
