package collect

import "exhibit/internal/evidence"

// requests is how many requests went over the wire for the task.
func (w *work) requests() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, o := range w.ops {
		n += o.requests
	}
	return n
}

// Relies records that the snapshot rests on op's answer that Once gave, whichever collector it was that asked: the
// calls and requests are counted there.
func (t *Task) Relies(op string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if o := t.opCount(op); len(o.calls) == 0 {
		o.calls[evidence.OutcomeOK] = 0
	}
}
