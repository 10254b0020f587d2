package change

import "slices"

// runs gives each deployment that a run of a pipeline made the verdict of that run, and what was deployed where only the run
// knows it. One that several runs are said to have made has the verdict of none.
func (p *Population) runs() {
	by := map[string][]int{}
	for i, d := range p.Deployments {
		for _, id := range d.Made {
			by[id] = append(by[id], i)
		}
	}
	for i := range p.Deployments {
		d := &p.Deployments[i]
		made := by[d.ID]
		if len(made) != 1 || made[0] == i {
			continue
		}
		run := p.Deployments[made[0]]
		d.Run, d.Verdict, d.Why = run.ID, run.Verdict, "by its run: "+run.Why
		d.StartedBy, d.Approvers = slices.Clone(run.StartedBy), slices.Clone(run.Approvers)
		if d.Commit == "" {
			d.Repository, d.Commit, d.Sources = run.Repository, run.Commit, run.Sources
		}
	}
}
