package daemon

import (
	"errors"
	"fmt"
	"sync"

	"exhibit/internal/store"
)

// troubles are what keeps the daemon from its work, by part. They are what /readyz tells.
type troubles struct {
	mu   sync.Mutex
	said map[string]string
}

// set says why a part does not do its work; nil says that it does.
func (t *troubles) set(part string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.said == nil {
		t.said = map[string]string{}
	}
	delete(t.said, part)
	if err != nil {
		t.said[part] = err.Error()
	}
}

func (t *troubles) all() map[string]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[string]string{}
	for part, why := range t.said {
		out[part] = why
	}
	return out
}

// trouble is what keeps the daemon from its work now.
func (s *Service) trouble() map[string]string {
	out := s.troubles.all()
	if err := s.App.Store.View(func(*store.View) error { return nil }); err != nil {
		out["store"] = fmt.Sprint(err)
	}
	return out
}

// fatal reports whether an error leaves open what is in the store, so that only opening it again puts that right.
func fatal(err error) bool {
	return errors.Is(err, store.ErrBroken) || errors.Is(err, store.ErrDamaged)
}
