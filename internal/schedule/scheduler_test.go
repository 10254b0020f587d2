package schedule

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// The bubble's time begins at midnight UTC of 2000-01-01.

func TestYear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		hourly, daily := l.job("hourly", "10 * * * *", 5*time.Minute), l.job("daily", "0 7 * * *", time.Hour)
		hourly.Jitter = 10 * time.Minute
		from := time.Now()
		l.start(hourly, daily)
		pass(366 * 24 * time.Hour)
		l.end()
		if n := len(l.starts["hourly"]); n != 366*24 {
			t.Errorf("%d hours", n)
		}
		if n := len(l.starts["daily"]); n != 366 {
			t.Errorf("%d days", n)
		}
		late := offset("hourly", 10*time.Minute)
		for i, at := range l.starts["hourly"] {
			if want := from.Add(time.Duration(i)*time.Hour + 10*time.Minute + late); !at.Equal(want) {
				t.Fatalf("hour %d at %s, want %s", i, at, want)
			}
		}
	})
}

// TestDowntime stops the process over turns: the job runs once for all of them, and it is said how many there were.
func TestDowntime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		job := l.job("j", "0 */6 * * *", time.Minute)
		l.start(job)
		l.want()
		pass(6*time.Hour + 2*time.Minute)
		l.want("j started", "j ended")
		l.end()
		pass(18 * time.Hour) // over 12:00, 18:00 and midnight
		l.start(job)
		pass(2 * time.Minute)
		l.want("j missed 2", "j started", "j ended")
		pass(6 * time.Hour)
		l.want("j started", "j ended")
		l.end()
		pass(5 * time.Hour) // over none
		l.start(job)
		l.want()
		l.end()
	})
}

// TestFirstTurn never loses the first turn of a job that nobody ran yet, and runs an eager one at once.
func TestFirstTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		job, eager := l.job("j", "0 6 * * *", time.Minute), l.job("eager", "0 6 * * *", 90*time.Second)
		eager.Eager = true
		l.start(job, eager)
		pass(time.Hour)
		l.want("eager started", "eager ended")
		l.end()
		pass(10 * time.Hour)
		l.start(job, eager)
		pass(2 * time.Minute)
		l.want("eager started", "j started", "j ended", "eager ended")
		l.end()
	})
}

func TestOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		l.start(l.job("slow", "*/10 * * * *", 25*time.Minute))
		pass(51 * time.Minute)
		l.want("slow started", "slow skipped 1", "slow skipped 1", "slow ended", "slow started", "slow skipped 1")
		l.end()
	})
}

// TestGroup lets jobs of a group wait for each other, without losing a turn.
func TestGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		a, b, c := l.job("a", "0 6 * * *", 20*time.Minute), l.job("b", "0 6 * * *", 20*time.Minute), l.job("c", "0 6 * * *", 25*time.Minute)
		a.Group, b.Group = "collect", "collect"
		l.start(a, b, c)
		pass(6*time.Hour + 10*time.Minute)
		l.want("a started", "c started")
		l.end() // b has not begun, a and c have not ended
		slices.Sort(l.events)
		l.want("a ended: the scheduler ends", "c ended: the scheduler ends")
		pass(time.Minute)
		l.start(a, b, c)
		pass(time.Hour)
		l.want("a started", "c started", "a ended", "b started", "c ended", "b ended")
		l.end()
	})
}

func TestPanicAndDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		bad, late := l.job("bad", "0 * * * *", 0), l.job("late", "0 * * * *", time.Hour*3)
		bad.Run = func(context.Context) error { panic("the roof is on fire") }
		late.Deadline = 30 * time.Minute
		l.start(bad, late)
		pass(2*time.Hour + time.Minute)
		l.want("bad started", "late started", "bad ended: panic: the roof is on fire", "late ended: the deadline of 30m0s has passed",
			"bad started", "late started", "bad ended: panic: the roof is on fire")
		status, err := l.s.Status()
		if err != nil || len(status) != 2 || status[0].Outcome != Failed || !strings.Contains(status[0].Error, "scheduler_test.go") ||
			!status[1].Running || status[0].Next.Hour() != 3 {
			t.Errorf("status %+v, %v", status, err)
		}
		l.end()
	})
}

// TestInterrupted finds a run that a process left unended: it is made up for once, not for ever.
func TestInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		job := l.job("j", "0 6 * * *", time.Minute)
		crash := func() {
			s := l.memory.states["j"]
			s.Turn, s.Schedule, s.Started, s.Ended = time.Now(), job.Spec.String(), time.Now(), time.Time{}
			l.memory.states["j"] = s
		}
		crash()
		l.start(job)
		pass(2 * time.Minute)
		l.want("j interrupted", "j started", "j ended")
		l.end()
		crash()
		l.start() // without the job
		l.end()
		for range 2 {
			crash()
			s := l.memory.states["j"]
			s.Interruptions = 1
			l.memory.states["j"] = s
			l.start(job)
			pass(2 * time.Minute)
			l.want("j interrupted")
			if s := l.memory.states["j"]; s.Running() || s.Outcome != Interrupted {
				t.Errorf("state %+v", s)
			}
			l.end()
		}
	})
}

func TestRunNowAndCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		a, b, hand := l.job("a", "0 6 * * *", time.Hour), l.job("b", "0 6 * * *", time.Hour), l.job("hand", "0 6 * * *", time.Minute)
		a.Group, b.Group, hand.Spec = "g", "g", Spec{}
		l.start(a, b, hand)
		first, err := l.s.RunNow("a")
		if err != nil {
			t.Fatal(err)
		}
		second, err := l.s.RunNow("b")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.s.RunNow("a"); !errors.Is(err, ErrRunning) {
			t.Errorf("twice: %v", err)
		}
		if _, err := l.s.RunNow("c"); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "a, b, hand") {
			t.Errorf("unknown: %v", err)
		}
		if err := l.s.Cancel("hand"); !errors.Is(err, ErrNotRunning) {
			t.Errorf("not running: %v", err)
		}
		pass(time.Minute)
		if err := l.s.Cancel("b"); err != nil || <-second != ErrCancelled {
			t.Errorf("cancel what waits: %v", err)
		}
		if err := l.s.Cancel("a"); err != nil || !errors.Is(<-first, ErrCancelled) {
			t.Errorf("cancel what runs: %v", err)
		}
		third, err := l.s.RunNow("hand")
		if err != nil || <-third != nil {
			t.Errorf("by hand: %v", err)
		}
		l.want("a started", "a ended: cancelled", "hand started", "hand ended")
		if s := l.memory.states["a"]; s.Outcome != Cancelled || s.Due {
			t.Errorf("state %+v", s)
		}
		l.end()
		if _, err := l.s.RunNow("a"); !errors.Is(err, ErrEnding) {
			t.Errorf("after the end: %v", err)
		}
	})
}

// TestReplace changes the jobs while they run: no turn is lost or doubled by it.
func TestReplace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		stays, goes, changes := l.job("stays", "0 6 * * *", time.Hour), l.job("goes", "0 6 * * *", time.Hour), l.job("changes", "0 0 1 * *", time.Minute)
		l.start(stays, goes, changes)
		pass(6*time.Hour + 10*time.Minute)
		l.want("goes started", "stays started")
		changed, comes := l.job("changes", "0 8 * * *", time.Minute), l.job("comes", "30 6 * * *", time.Minute)
		if err := l.s.Replace([]Job{stays, changed, comes}); err != nil {
			t.Fatal(err)
		}
		pass(2 * time.Hour)
		l.want("goes ended: the job is no longer configured", "comes started", "comes ended", "stays ended", "changes started", "changes ended")
		if err := l.s.Replace([]Job{stays, stays}); err == nil {
			t.Error("the same job twice")
		}
		status, err := l.s.Status()
		if err != nil || len(status) != 3 {
			t.Errorf("a refused replacement leaves %+v, %v", status, err)
		}
		l.end()
	})
}

// TestMemoryFails ends the scheduler when it can no longer be known where jobs stand.
func TestMemoryFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		lost := errors.New("the disk is gone")
		l.start(l.job("j", "0 6 * * *", 20*time.Minute), l.job("k", "10 6 * * *", time.Minute))
		pass(6*time.Hour + 5*time.Minute)
		l.memory.mu.Lock()
		l.memory.fail = lost
		l.memory.mu.Unlock()
		pass(10 * time.Minute)
		if err := <-l.result; !errors.Is(err, lost) {
			t.Errorf("ended with %v", err)
		}
		l.want("j started", "j ended: the scheduler ends")
		l.stop()
	})
}
