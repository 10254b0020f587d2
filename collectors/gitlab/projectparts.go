package gitlab

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// project gathers one project's document. The list says as much of it as its own answer would.
func (s *session) project(ctx context.Context, t *collect.Task, p listed) error {
	doc, err := trim(p.raw, unkeptOfProjects()...)
	if err != nil {
		return err
	}
	d := &draft{Subject: evidence.Subject{ID: p.FullPath, Name: p.FullPath}, doc: doc}
	err = s.list(ctx, t, d, "ProtectedBranches", ask{op: opListProtectedBranches, path: p.path() + "/protected_branches"})
	if err != nil {
		return err
	}
	if err := s.approvals(ctx, t, d, p); err != nil {
		return err
	}
	if err := s.pushRules(ctx, t, d, p); err != nil {
		return err
	}
	err = s.list(ctx, t, d, "Variables", ask{op: opListProjectVariables, path: p.path() + "/variables",
		drop: unkeptOfVariables()})
	if err != nil {
		return err
	}
	err = s.one(ctx, t, d, "JobTokenScope", ask{op: opGetJobTokenScope, path: p.path() + "/job_token_scope"})
	if err != nil {
		return err
	}
	return d.emit(ctx, t)
}

// approvals adds how merge requests of the project are approved, where the plan offers that.
func (s *session) approvals(ctx context.Context, t *collect.Task, d *draft, p listed) error {
	means := offered(p.paid)
	err := s.one(ctx, t, d, "ApprovalConfiguration", ask{op: opGetApprovalConfig, path: p.path() + "/approvals",
		means: means})
	if err != nil {
		return err
	}
	err = s.one(ctx, t, d, "ApprovalSettings", ask{op: opGetApprovalSettings,
		path: p.path() + "/merge_request_approval_setting", means: means})
	if err != nil {
		return err
	}
	rules, err := s.all(ctx, t, ask{op: opGetApprovalRules, path: p.path() + "/approval_rules", means: means})
	for _, rule := range rules {
		shortenGroups(rule)
	}
	return d.put(t, "ApprovalRules", rules, err)
}

// shortenGroups keeps of the groups that approve by a rule what tells them apart.
func shortenGroups(rule map[string]any) {
	groups, _ := rule["groups"].([]any)
	for i, g := range groups {
		if group, ok := g.(map[string]any); ok {
			groups[i] = map[string]any{"id": group["id"], "full_path": group["full_path"], "name": group["name"]}
		}
	}
}

// pushRules adds what pushes are refused. Who may not ask is told so, so that "not found" without the project's name
// means that they were never set; null means the same.
func (s *session) pushRules(ctx context.Context, t *collect.Task, d *draft, p listed) error {
	a := ask{op: opGetPushRules, path: p.path() + "/push_rule", means: neverSet(offered(p.paid))}
	var rules map[string]any
	err := t.Call(ctx, a.op, func(ctx context.Context) error {
		var raw json.RawMessage
		_, err := a.get(ctx, s, nil, &raw)
		if err == nil && string(raw) == "null" {
			err = errNeverSet
		}
		if err == nil {
			rules, err = trim(raw)
		}
		return err
	})
	return d.put(t, "PushRules", rules, err)
}

// neverSet is what a refusal means that first means what otherwise says.
func neverSet(otherwise func(error) error) func(error) error {
	return func(err error) error {
		var answer *refusal
		err = otherwise(err)
		if _, told := err.(*unlicensed); told || !errors.As(err, &answer) || answer.status != http.StatusNotFound {
			return err
		}
		message := strings.ToLower(answer.message)
		if message == "" || strings.Contains(message, "project not found") {
			return err
		}
		return errors.Join(errNeverSet, err)
	}
}
