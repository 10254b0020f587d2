package schedule

import (
	"context"
	"time"
)

// Job is something to do in turns.
type Job struct {
	// Name is unique among the jobs.
	Name string
	// Group, when not empty, lets one of the group run at a time; others wait for it and lose no turn.
	Group string
	// Spec says when a turn is. The zero Spec is only run when asked for.
	Spec Spec
	// Jitter delays each turn by up to as much, always the same for a name.
	Jitter time.Duration
	// Deadline ends a run that takes longer; 0 is none.
	Deadline time.Duration
	// Eager makes a job that never ran due at once, and not only at its next turn.
	Eager bool
	// Run does it. Its context ends with the deadline, with Cancel and with the scheduler, and the cause says which.
	Run func(ctx context.Context) error
}

// Outcomes of a job's run.
const (
	OK          = "ok"
	Failed      = "failed"
	Cancelled   = "cancelled"
	Interrupted = "interrupted" // the process ended before the run did
)

// State is where a job stands, as Memory keeps it. Times are UTC.
type State struct {
	// Turn is the last turn that has come, or when the job was first known; the next is after it.
	Turn time.Time `json:"turn,omitzero"`
	// Schedule is what Turn was a turn of.
	Schedule string `json:"schedule,omitempty"`
	// Due is set while a turn has come and its run was not begun, or was ended before its time by the process's own end.
	Due     bool      `json:"due,omitempty"`
	Started time.Time `json:"started,omitzero"`
	// Ended is zero while a run is under way.
	Ended   time.Time `json:"ended,omitzero"`
	Outcome string    `json:"outcome,omitempty"`
	Error   string    `json:"error,omitempty"`
	// Interruptions counts runs in a row in which the process ended.
	Interruptions int `json:"interruptions,omitempty"`
}

// Running reports whether a run was begun and has not ended.
func (s State) Running() bool { return !s.Started.IsZero() && s.Ended.IsZero() }

// Memory keeps where jobs stand. An error of it ends the scheduler.
type Memory interface {
	// Load returns the zero State for a job that was never saved.
	Load(job string) (State, error)
	Save(job string, s State) error
}

// Status is a job as people see it.
type Status struct {
	Name string `json:"name"`
	// Next is when it will run; zero when only asked for.
	Next    time.Time `json:"next,omitzero"`
	Running bool      `json:"running"`
	State
}

// Event is what happened to a job.
type Event struct {
	Job  string
	Kind string // one of the kinds
	// Turns counts the turns that passed: those missed while nothing ran, 1 when one was skipped.
	Turns int
	// Since is the first turn missed, or the start of the run that is told of.
	Since time.Time
	Took  time.Duration
	Err   error
}

// Kinds of events.
const (
	Started = "started"
	Ended   = "ended"
	// Missed is told of turns that passed while nobody ran them; the job runs once for all of them.
	Missed = "missed"
	// Skipped is told of a turn that came while the job was still running.
	Skipped = "skipped"
	// Broken is told of a run that an earlier process left unended.
	Broken = "interrupted"
)
