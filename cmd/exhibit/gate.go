package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"exhibit/internal/build"
	"exhibit/internal/collect"
	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

// gateFlags are what exhibit gate is asked.
type gateFlags struct {
	filter          evidence.GateFilter
	maxAge          string
	collect         []string
	sarif, summary  string
	override, by    string
	dryRun, all     bool
	pipeline        string // JSON, from the process that was asked to the one that holds the store
	pipelineDecoded *evidence.Pipeline
}

func (c *command) gateCommand() *cobra.Command {
	var f gateFlags
	cmd := &cobra.Command{
		Use:   "gate",
		Short: "Decide for a pipeline: exit 0 to go on, 1 to stop, with the reasons",
		Long: `gate holds the newest assessment against the policy under gate: in exhibit.yaml. The first rule that a failure
meets decides whether it blocks, warns, wants a ticket or is ignored, and which acceptances it honours. Without a policy
what fails critically or highly blocks unless it is accepted, and the rest warns.

What is missing never passes: what could not be judged, and evidence older than its controls or --max-age grant, blocks
as a failure would, unless the policy says "unknown: warn". A question that no evidence answers blocks, too.

The decision is recorded as evidence, with the pipeline that asked. --override lets the pipeline pass all the same: who
did that, and why, is part of the decision. In GitHub Actions a summary is written for the run.`,
		Example: "  exhibit gate\n  exhibit gate --framework soc2 --max-age 24h --sarif gate.sarif\n" +
			"  exhibit gate --collect prod-aws --scope 'aws:111122223333*'\n" +
			"  exhibit gate --override 'the fix is in this release' --by ann@example.com",
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.readGateFlags(&f); err != nil {
				return usage(err)
			}
			mode := daemon.Write
			if f.dryRun {
				mode = daemon.Read
			}
			return c.withApp(cmd.Context(), mode, func(app *daemon.App) error { return c.gate(cmd.Context(), app, f) })
		},
	}
	s := cmd.Flags()
	s.StringSliceVar(&f.filter.Scopes, "scope", nil, "only these scopes; * stands for any letters: aws:111122223333*")
	s.StringSliceVar(&f.filter.Controls, "control", nil, "only these controls")
	s.StringSliceVarP(&f.filter.Frameworks, "framework", "f", nil, "only what these frameworks rest on: soc2, cis-aws@5.0")
	s.StringSliceVar(&f.filter.Owners, "owner", nil, "only what these own")
	s.StringVar(&f.maxAge, "max-age", "", "how old evidence may be at most: 24h (default: what its controls grant)")
	s.StringSliceVar(&f.collect, "collect", nil, "collect these sources first; all for every source")
	s.StringVar(&f.sarif, "sarif", "", "write the reasons as SARIF 2.1.0 to this file")
	s.StringVar(&f.summary, "summary", "", "add a summary in Markdown to this file (default: $GITHUB_STEP_SUMMARY)")
	s.StringVar(&f.override, "override", "", "pass although the gate blocks, for this reason; it is recorded")
	s.StringVar(&f.by, "by", "", "who overrides")
	s.BoolVar(&f.dryRun, "dry-run", false, "decide without recording the decision")
	s.BoolVar(&f.all, "all", false, "leave nothing out of the list")
	s.StringVar(&f.pipeline, "pipeline", "", "the pipeline that asks, as JSON (default: as its environment tells)")
	return cmd
}

// readGateFlags checks the flags, and adds to the arguments what only this process knows: its environment. Another
// process may hold the store and run the command.
func (c *command) readGateFlags(f *gateFlags) error {
	if (f.override == "") != (f.by == "") {
		return errors.New("an override needs a reason and a name: --override REASON --by WHO")
	}
	if f.dryRun && (f.override != "" || len(f.collect) > 0) {
		return errors.New("--dry-run records nothing: it goes with neither --override nor --collect")
	}
	if f.maxAge != "" {
		d, err := evidence.ParseDuration(f.maxAge)
		if err != nil || d <= 0 {
			return fmt.Errorf("--max-age %q: expected a time such as 24h", f.maxAge)
		}
		f.filter.MaxAge = d
	}
	if f.pipeline != "" {
		if err := json.Unmarshal([]byte(f.pipeline), &f.pipelineDecoded); err != nil {
			return fmt.Errorf("--pipeline: %w", err)
		}
	}
	if c.held != nil {
		return nil
	}
	if f.summary == "" {
		if f.summary = c.getenv("GITHUB_STEP_SUMMARY"); f.summary != "" {
			c.args = append(c.args, "--summary", f.summary)
		}
	}
	if f.pipelineDecoded == nil {
		if f.pipelineDecoded = pipelineOf(c.getenv); f.pipelineDecoded != nil {
			text, err := json.Marshal(f.pipelineDecoded)
			if err != nil {
				return err
			}
			c.args = append(c.args, "--pipeline", string(text))
		}
	}
	return nil
}

// pipelineOf is the pipeline that the environment tells of, nil outside of one.
func pipelineOf(getenv func(string) string) *evidence.Pipeline {
	switch {
	case getenv("GITHUB_ACTIONS") == "true":
		p := &evidence.Pipeline{System: "github", Repository: getenv("GITHUB_REPOSITORY"), Commit: getenv("GITHUB_SHA"),
			Ref: getenv("GITHUB_REF"), Actor: getenv("GITHUB_ACTOR")}
		if server, run := getenv("GITHUB_SERVER_URL"), getenv("GITHUB_RUN_ID"); server != "" && run != "" {
			p.Run = server + "/" + p.Repository + "/actions/runs/" + run
		}
		return p
	case getenv("GITLAB_CI") == "true":
		return &evidence.Pipeline{System: "gitlab", Repository: getenv("CI_PROJECT_PATH"), Commit: getenv("CI_COMMIT_SHA"),
			Ref: getenv("CI_COMMIT_REF_NAME"), Run: getenv("CI_JOB_URL"), Actor: getenv("GITLAB_USER_LOGIN")}
	}
	return nil
}

func (c *command) gate(ctx context.Context, app *daemon.App, f gateFlags) error {
	if len(f.collect) > 0 {
		if err := c.collectForGate(ctx, app, f.collect); err != nil {
			return err
		}
	}
	for i, name := range f.filter.Owners {
		if strings.Contains(name, "*") {
			continue
		}
		known, err := knownOwner(app, name)
		if err != nil {
			return err
		}
		f.filter.Owners[i] = known
	}
	req := daemon.GateRequest{Filter: f.filter, Pipeline: f.pipelineDecoded}
	if f.override != "" {
		req.Override = &evidence.Override{By: f.by, Reason: f.override}
	}
	var d evidence.Decision
	err := orNothing(app.Store.View(func(v *store.View) (err error) {
		d, err = app.Gate(v, req)
		return err
	}))
	if errors.Is(err, daemon.ErrNoFramework) {
		return usage(err)
	}
	if err == nil && !f.dryRun {
		if err = app.Decided(d); err == nil {
			err = c.gateTickets(ctx, app, d)
		}
	}
	if err == nil {
		err = c.giveDecision(d, f)
	}
	if err == nil && !d.Passes() {
		return silent(exitProblem)
	}
	return err
}

// gateTickets opens and closes the tickets that a decision asks for. What cannot be sent now waits in the outbox.
func (c *command) gateTickets(ctx context.Context, app *daemon.App, d evidence.Decision) error {
	messages := app.GateTickets(d)
	if len(messages) == 0 {
		return nil
	}
	box, err := c.box(app)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if _, err := box.Put(m); err != nil {
			return err
		}
	}
	if c.service == nil {
		_, err = box.Once(ctx)
	}
	return err
}

// collectForGate collects; what could not be seen is unknown afterwards, and the gate says what that means.
func (c *command) collectForGate(ctx context.Context, app *daemon.App, sources []string) error {
	if strings.Join(sources, "") == "all" {
		sources = nil
	}
	pace := 1.0
	if err := paced(&pace, false); err != nil {
		return usage(err)
	}
	limits := collect.Limits{Pace: pace}
	res, err := app.Collect(ctx, daemon.CollectRequest{Sources: sources, Trigger: "ci", Limits: limits})
	if errors.Is(err, daemon.ErrConfig) {
		return usage(err)
	}
	if err != nil || c.json {
		return err
	}
	return runText(c.stdout, res.Run)
}

// giveDecision writes the files that were asked for, and prints.
func (c *command) giveDecision(d evidence.Decision, f gateFlags) error {
	if f.sarif != "" {
		if err := writeFile(c.path(f.sarif), os.O_TRUNC, func(w io.Writer) error {
			return report.SARIF(w, d, build.Version())
		}); err != nil {
			return fmt.Errorf("write SARIF: %w", err)
		}
	}
	if f.summary != "" {
		if err := writeFile(c.path(f.summary), os.O_APPEND, func(w io.Writer) error {
			return report.DecisionMarkdown(w, d)
		}); err != nil {
			return fmt.Errorf("write the summary: %w", err)
		}
	}
	return c.print(d, func(w io.Writer) error { return report.DecisionText(w, d, c.listOptions(f.all)) })
}

// writeFile writes a file that may be there; how is os.O_TRUNC or os.O_APPEND.
func writeFile(path string, how int, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|how, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}
