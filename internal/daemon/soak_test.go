package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"exhibit/internal/config"
	"exhibit/internal/evidence"
	"exhibit/internal/outbox"
	"exhibit/internal/schedule"
	"exhibit/internal/store"
)

// soak is a daemon in a bubble of time, with folders as sources, a mail server that fails now and then, restarts and new
// configurations.
type soak struct {
	t    *testing.T
	dir  string
	app  *App
	s    *Service
	stop context.CancelFunc
	done chan error
	log  lockedBuffer
	post *postman
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// postman is the other side of the mail: it counts how often it took each message, and is down when the test says so.
type postman struct {
	mu    sync.Mutex
	down  bool
	taken map[string]int
	tried int
}

func (p *postman) Deliver(_ context.Context, m evidence.Message) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tried++
	if p.down {
		return "", errors.New("connection refused")
	}
	p.taken[m.Key]++
	return "id " + m.Key, nil
}

func (p *postman) set(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

func (k *soak) file() string { return filepath.Join(k.dir, config.FileName) }

// configure writes the configuration; extra is another source.
func (k *soak) configure(extra bool) {
	text := `zone: Europe/Berlin
schedule: "17 */8 * * *"
jitter: 10m
sources:
  - name: papers
    file: { path: papers }
  - name: minutes
    schedule: "30 2 * * *"      # does not exist on one day of the year, and comes twice on another
    file: { path: minutes }
`
	if extra {
		text += "  - { name: extra, schedule: '@every 12h', file: { path: papers } }\n"
	}
	text += `retention: { documents: 90d, observations: 90d }
people: { security: { email: s@example.com }, platform: { email: p@example.com }, engineering: { email: e@example.com } }
notify:
  mail: { server: "smtps://mail.example.com", from: "exhibit@example.com" }
  fallback: [grc@example.com]
  drift:
    - { name: weekly, schedule: "0 7 * * MON", per: owner, to: [grc@example.com] }
    - { name: urgent, threshold: high, to: [grc@example.com] }
`
	k.write(config.FileName, text)
}

func (k *soak) write(name, text string) {
	k.t.Helper()
	path := filepath.Join(k.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		k.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		k.t.Fatal(err)
	}
}

// start is a process that begins.
func (k *soak) start() {
	k.t.Helper()
	load := func() (*config.Config, error) { return config.Load(k.file(), ProviderNames()) }
	cfg, err := load()
	if err != nil {
		k.t.Fatal(err)
	}
	k.app, err = Open(Options{Config: cfg, Mode: Write, Now: time.Now, Getenv: func(string) string { return "" }})
	if err != nil {
		k.t.Fatal(err)
	}
	k.s, err = newService(ServeOptions{App: k.app, Log: slog.New(slog.NewTextHandler(&k.log, nil)), File: k.file(), Load: load, Who: "soak"})
	if err != nil {
		k.t.Fatal(err)
	}
	k.s.lookEvery = time.Hour
	k.s.ways = func(*App) (map[string]outbox.Deliverer, error) {
		return map[string]outbox.Deliverer{evidence.ChannelMail: k.post}, nil
	}
	k.s.box.Use(map[string]outbox.Deliverer{evidence.ChannelMail: k.post})
	jobs, err := k.s.jobs(k.app)
	if err != nil {
		k.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	k.stop, k.done = stop, make(chan error, 1)
	k.s.stop = func(error) { stop() }
	go func() { k.done <- runParts(ctx, k.s.works(jobs)) }()
}

// end is its end in order.
func (k *soak) end() {
	k.t.Helper()
	k.stop()
	if err := <-k.done; err != nil {
		k.t.Errorf("the daemon ended with %v", err)
	}
	if err := k.app.Close(); err != nil {
		k.t.Error(err)
	}
}

func (k *soak) reload() {
	k.t.Helper()
	if _, err := k.s.Reread("soak"); err != nil {
		k.t.Error(err)
	}
}

// heap is what is held after a collection of garbage.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestSoak lets a year pass: with faults, restarts, reloads and mails that do not arrive for days. No turn is lost, no message
// is sent twice, memory stays flat, and the store verifies.
func TestSoak(t *testing.T) {
	k := &soak{t: t, dir: t.TempDir(), post: &postman{taken: map[string]int{}}}
	random := rand.New(rand.NewPCG(1, 2))
	synctest.Test(t, func(t *testing.T) {
		const days = 365
		k.configure(false)
		k.write("papers/a.json", paper(0))
		k.write("minutes/m.txt", "m")
		cfg, err := config.Load(k.file(), ProviderNames())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Create(cfg, time.Now(), false); err != nil {
			t.Fatal(err)
		}
		from := time.Now()
		k.start()
		var held []uint64         // what was held, every ten days
		var settled store.Stats   // when what retention keeps is all there
		var extra []time.Duration // for how long there was another source
		for day := range days {
			k.write("papers/a.json", paper(day/3))
			if day == 200 {
				settled = k.stats()
			}
			switch {
			case day%30 == 10: // a folder that cannot be read for a day
				if err := os.Rename(filepath.Join(k.dir, "papers"), filepath.Join(k.dir, "gone")); err != nil {
					t.Fatal(err)
				}
			case day%30 == 11:
				if err := errors.Join(os.RemoveAll(filepath.Join(k.dir, "papers")),
					os.Rename(filepath.Join(k.dir, "gone"), filepath.Join(k.dir, "papers"))); err != nil {
					t.Fatal(err)
				}
			case day%40 == 20: // a restart, with some hours or days of nothing
				k.end()
				time.Sleep(time.Duration(random.IntN(40)) * time.Hour)
				k.start()
			case day%60 == 30:
				k.configure(true)
				k.reload()
				extra = append(extra, 0)
			case day%60 == 40:
				k.configure(false)
				k.reload()
			case day%60 == 45: // a configuration with a mistake
				k.write(config.FileName, "sources: 7\n")
				if _, err := k.s.Reread("soak"); err == nil {
					t.Error("a wrong configuration was taken")
				}
				k.configure(false)
			case day%50 == 25:
				k.post.set(true)
			case day%50 == 27:
				k.post.set(false)
			}
			time.Sleep(24*time.Hour - time.Duration(random.IntN(7200))*time.Second)
			if day%10 == 0 {
				synctest.Wait()
				held = append(held, heap())
			}
		}
		until := time.Now()
		synctest.Wait()
		early, late := slices.Min(held[:len(held)/3]), slices.Min(held[len(held)*2/3:])
		t.Logf("%s in all; heap %d KB in the first months, %d KB in the last", until.Sub(from), early/1024, late/1024)
		if late > early+4<<20 {
			t.Errorf("memory grows: %d KB in the first months, %d KB in the last", early/1024, late/1024)
		}
		k.post.set(false)
		time.Sleep(24 * time.Hour) // what waits is sent
		k.bounded(settled, k.stats())
		k.end()
		k.verify(from, until, len(extra))
	})
}

// paper is the text of a version: 16 KiB that do not compress.
func paper(version int) string {
	text := make([]byte, 8<<10)
	_, _ = rand.NewChaCha8([32]byte{byte(version), byte(version >> 8)}).Read(text)
	return fmt.Sprintf(`{"version": %d, "text": "%x"}`, version, text)
}

func (k *soak) stats() store.Stats {
	k.t.Helper()
	st, err := k.app.Store.Stats()
	if err != nil {
		k.t.Fatal(err)
	}
	return st
}

// bounded holds that once what retention keeps is all there, the file grows by what stays for ever alone: a small amount for
// each entry. A paper that was not disposed of would be sixty of them.
func (k *soak) bounded(settled, end store.Stats) {
	entries := end.Entries - settled.Entries
	k.t.Logf("from day 200 on: %d entries; the file %d to %d KB, in use %d to %d KB, %d to %d of them for content", entries,
		settled.FileBytes>>10, end.FileBytes>>10, settled.UsedBytes>>10, end.UsedBytes>>10, settled.Parts["segments"]>>10,
		end.Parts["segments"]>>10)
	if grown := end.Parts["segments"] - settled.Parts["segments"]; grown > 256*entries {
		k.t.Errorf("content grew by %d bytes in %d entries", grown, entries)
	}
	if grown := end.UsedBytes - settled.UsedBytes; grown > 1024*entries {
		k.t.Errorf("the store grew by %d bytes in %d entries", grown, entries)
	}
	if end.FileBytes > 2*end.UsedBytes {
		k.t.Errorf("the file has %d bytes, of which %d are in use: room is not used again", end.FileBytes, end.UsedBytes)
	}
}

// verify opens the store once more and holds what is in it against what had to happen.
func (k *soak) verify(from, until time.Time, extras int) {
	t := k.t
	cfg, err := config.Load(k.file(), ProviderNames())
	if err != nil {
		t.Fatal(err)
	}
	app, err := Open(Options{Config: cfg, Mode: Read, Now: time.Now, Getenv: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	report, err := app.Store.Check(t.Context(), func(int64, int64) {})
	if err != nil || !report.OK() {
		t.Fatalf("the store does not verify: %v %v", err, report.Problems)
	}
	runs := map[string]int{}
	var messages []evidence.Message
	var deliveries []evidence.Delivery
	err = app.Store.View(func(v *store.View) error {
		all, err := Bodies[evidence.Run](v, v.Size(), evidence.KindRun)
		if err != nil {
			return err
		}
		for _, r := range all {
			for _, s := range r.Scopes {
				runs[s.Source]++
			}
		}
		if messages, err = Bodies[evidence.Message](v, v.Size(), evidence.KindMessage); err != nil {
			return err
		}
		deliveries, err = Bodies[evidence.Delivery](v, v.Size(), evidence.KindDelivery)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	log := k.log.b.String()
	for _, source := range []string{"papers", "minutes"} {
		s, err := cfg.Find(source)
		if err != nil {
			t.Fatal(err)
		}
		turns := 0
		for at := s.Schedule.Next(from); at.Before(until); at = s.Schedule.Next(at) {
			turns++
		}
		missed := told(log, source)
		// An eager source runs once more at the beginning.
		if got := runs[source] + missed - 1; got < turns || got > turns+3 {
			t.Errorf("%s: %d runs and %d turns told as missed, of %d turns", source, runs[source], missed, turns)
		}
	}
	if runs["extra"] < 15*extras {
		t.Errorf("extra: %d runs in %d spans", runs["extra"], extras)
	}
	if len(messages) < 50 || len(deliveries) != len(messages) {
		t.Errorf("%d messages, %d ended", len(messages), len(deliveries))
	}
	for _, m := range messages {
		if n := k.post.taken[m.Key]; n != 1 {
			t.Errorf("message %s was sent %d times", m.Key, n)
		}
	}
	if k.post.tried == len(messages) {
		t.Error("the mail server was never down: the test tests less than it says")
	}
	if strings.Contains(log, "level=ERROR msg=failed") {
		i := strings.Index(log, "level=ERROR msg=failed")
		t.Errorf("a job failed: %s", log[i:min(i+300, len(log))])
	}
	// A paper changes every three days, and is kept for ninety, and until Sunday.
	if report.Disposed < 80 {
		t.Errorf("%d objects were disposed of in a year", report.Disposed)
	}
	info, err := os.Stat(app.Config.Store)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d runs, %d messages tried %d times, %d entries, %d objects and %d disposed of, %d KB", runs["papers"]+runs["minutes"]+runs["extra"], len(messages),
		k.post.tried, report.Entries, report.Objects, report.Disposed, info.Size()/1024)
}

// told counts the turns of a source that the log tells as missed or skipped.
func told(log, source string) int {
	n := 0
	for line := range strings.SplitSeq(log, "\n") {
		if !strings.Contains(line, `job="collect `+source+`"`) {
			continue
		}
		for _, kind := range []string{schedule.Missed, schedule.Skipped} {
			if _, rest, ok := strings.Cut(line, "msg="+kind+" "); ok {
				var turns int
				if _, err := fmt.Sscanf(rest[strings.Index(rest, "turns="):], "turns=%d", &turns); err == nil {
					n += turns
				}
			}
		}
	}
	return n
}
