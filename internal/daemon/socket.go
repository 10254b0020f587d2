package daemon

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"sync"
	"time"
)

// SocketPath is where the process that holds the store at path listens.
func SocketPath(store string) string { return store + ".sock" }

// Command is a command line that another process wants run against the held store.
type Command struct {
	Args []string `json:"args"`
	Dir  string   `json:"dir"` // the caller's working directory, for relative paths
	// Input is what the caller read of the files that the command line names, in their order.
	Input [][]byte `json:"input,omitempty"`
}

// Handler runs a command and returns its exit code.
type Handler func(ctx context.Context, c Command, stdout, stderr io.Writer) int

// frame is one message to the caller: a piece of output, or the end.
type frame struct {
	Stream int    `json:"stream,omitempty"` // 1 standard output, 2 standard error
	Data   []byte `json:"data,omitempty"`
	Exit   *int   `json:"exit,omitempty"`
}

// maxCommand bounds what a caller may send: files of 64 MiB, which base64 makes a third longer, and the command line.
const maxCommand = 64<<20/3*4 + 1<<20

// ServeSocket answers commands on a Unix socket at path until ctx ends, then waits for those that are running. The socket
// belongs to the user who runs the process, and only that user may connect.
func ServeSocket(ctx context.Context, path string, handle Handler) error {
	// A socket that nobody answers was left behind by a crash; the store's lock proves that no other process holds it.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("clear socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("listen for commands: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return fmt.Errorf("listen for commands: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	var running sync.WaitGroup
	defer running.Wait()
	for {
		c, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("listen for commands: %w", err)
		}
		running.Go(func() { serveConn(ctx, c, handle) })
	}
}

func serveConn(ctx context.Context, c net.Conn, handle Handler) {
	defer c.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var cmd Command
	in := json.NewDecoder(io.LimitReader(c, maxCommand))
	if err := in.Decode(&cmd); err != nil {
		return // not a caller of ours; there is nobody to tell
	}
	// The caller sends nothing more but the line's end, which may come by itself: reading ends when the caller goes away,
	// and so does its command.
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, c)
	}()
	out := &frameWriter{enc: json.NewEncoder(c)}
	code := handle(ctx, cmd, out.stream(1), out.stream(2))
	out.send(frame{Exit: &code})
}

// frameWriter sends frames, one at a time.
type frameWriter struct {
	mu  sync.Mutex
	enc *json.Encoder
	err error
}

func (w *frameWriter) send(f frame) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = w.enc.Encode(f)
	}
	return w.err
}

func (w *frameWriter) stream(n int) io.Writer {
	return writerFunc(func(p []byte) (int, error) {
		if err := w.send(frame{Stream: n, Data: p}); err != nil {
			return 0, err
		}
		return len(p), nil
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// Forward runs a command in the process that holds the store and copies its output. The error says that there is no such
// process, or that it went away before the command ended.
func Forward(ctx context.Context, path string, cmd Command, stdout, stderr io.Writer) (int, error) {
	d := net.Dialer{Timeout: 5 * time.Second}
	c, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return 0, fmt.Errorf("reach the process that holds the store: %w", err)
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	if err := json.NewEncoder(c).Encode(cmd); err != nil {
		return 0, fmt.Errorf("send the command: %w", err)
	}
	in := json.NewDecoder(bufio.NewReader(c))
	for {
		var f frame
		if err := in.Decode(&f); err != nil {
			if ctx.Err() != nil {
				return 0, ctx.Err()
			}
			return 0, fmt.Errorf("the process that holds the store ended before the command did: %w", err)
		}
		if f.Exit != nil {
			return *f.Exit, nil
		}
		to := stdout
		if f.Stream == 2 {
			to = stderr
		}
		if _, err := to.Write(f.Data); err != nil {
			return 0, err
		}
	}
}
