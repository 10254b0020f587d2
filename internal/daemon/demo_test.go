package daemon

import (
	"context"
	"os"
	"testing"
	"time"
)

func TestDemoTry(t *testing.T) {
	dir := t.TempDir()
	start := time.Now()
	d, err := RunDemo(context.Background(), DemoOptions{Dir: dir, Until: time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC), Getenv: os.Getenv,
		Progress: func(n, total int) {
			if n%10 == 0 {
				t.Log(n, total, time.Since(start))
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	st, _ := d.App.Store.Stats()
	t.Logf("%+v", st)
	d.App.Close()
}
