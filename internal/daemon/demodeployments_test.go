package daemon

import (
	"testing"

	"exhibit/internal/change"
	"exhibit/internal/store"
)

// demoDeployments holds that the demo ties production deployments to what began to fail after them.
func demoDeployments(t *testing.T, demo *Demo) {
	var p change.Population
	err := demo.App.Store.View(func(v *store.View) (err error) {
		p, err = demo.App.Changes(v, demo.Period.To, demo.Period, "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", p.Metrics.Followed)
	for _, d := range p.Deployments {
		t.Logf("%s %s %s %s %v %+v", d.Type, d.ID, d.Repository, d.Environment, d.Production, d.Aftermath)
	}
}
