package aws

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"exhibit/internal/collect"
)

// Credential is a row of the credential report: every value is the report's text ("true", "N/A", a time).
type Credential struct {
	User                      string `json:"user"`
	Arn                       string `json:"arn"`
	UserCreationTime          string `json:"user_creation_time"`
	PasswordEnabled           string `json:"password_enabled"`
	PasswordLastUsed          string `json:"password_last_used"`
	PasswordLastChanged       string `json:"password_last_changed"`
	PasswordNextRotation      string `json:"password_next_rotation"`
	MFAActive                 string `json:"mfa_active"`
	AccessKey1Active          string `json:"access_key_1_active"`
	AccessKey1LastRotated     string `json:"access_key_1_last_rotated"`
	AccessKey1LastUsedDate    string `json:"access_key_1_last_used_date"`
	AccessKey1LastUsedRegion  string `json:"access_key_1_last_used_region"`
	AccessKey1LastUsedService string `json:"access_key_1_last_used_service"`
	AccessKey2Active          string `json:"access_key_2_active"`
	AccessKey2LastRotated     string `json:"access_key_2_last_rotated"`
	AccessKey2LastUsedDate    string `json:"access_key_2_last_used_date"`
	AccessKey2LastUsedRegion  string `json:"access_key_2_last_used_region"`
	AccessKey2LastUsedService string `json:"access_key_2_last_used_service"`
	Cert1Active               string `json:"cert_1_active"`
	Cert1LastRotated          string `json:"cert_1_last_rotated"`
	Cert2Active               string `json:"cert_2_active"`
	Cert2LastRotated          string `json:"cert_2_last_rotated"`
}

// report is a credential report: all rows by user name. The rows are as they came and become maps one by one: a large
// account's report is the largest thing that is held while collecting.
type report struct {
	made    *time.Time
	columns []string
	rows    map[string][]string
}

// row is one line of the report under the report's own column names, so that a new column is kept too.
type row map[string]string

// row returns the user's row; nil if it has none.
func (r *report) row(user string) row {
	line, ok := r.rows[user]
	if !ok {
		return nil
	}
	m := make(row, len(line))
	for i, column := range r.columns {
		m[column] = line[i]
	}
	return m
}

func reportOperations() []collect.Operation {
	return []collect.Operation{
		{Name: "iam:GenerateCredentialReport", Permissions: []string{"iam:GenerateCredentialReport"}},
		{Name: "iam:GetCredentialReport", Permissions: []string{"iam:GetCredentialReport"}},
	}
}

// Report polling: AWS needs seconds, in large accounts a minute or two.
const (
	reportPause = 2 * time.Second
	reportPolls = 90
)

// report has the account's credential report made, waits for it and reads it, once for all collectors.
func (s *session) report(ctx context.Context, t *collect.Task) (*report, error) {
	r, err := collect.Once(ctx, t, "credential-report", func(ctx context.Context) (*report, error) {
		if err := s.makeReport(ctx, t); err != nil {
			return nil, err
		}
		var parsed *report
		err := t.Call(ctx, "iam:GetCredentialReport", func(ctx context.Context) error {
			out, err := s.iam().GetCredentialReport(ctx, nil)
			if err != nil {
				return err
			}
			parsed, err = parseReport(out.Content)
			if err == nil {
				parsed.made = out.GeneratedTime
			}
			return err
		})
		return parsed, err
	})
	if err == nil {
		t.Relies("iam:GetCredentialReport")
	}
	return r, err
}

func (s *session) makeReport(ctx context.Context, t *collect.Task) error {
	for range reportPolls {
		var state types.ReportStateType
		err := t.Call(ctx, "iam:GenerateCredentialReport", func(ctx context.Context) error {
			out, err := s.iam().GenerateCredentialReport(ctx, nil)
			if err != nil {
				return err
			}
			if state = out.State; state == "" {
				err = errors.New("the answer has no state")
			}
			return err
		})
		if err != nil {
			return err
		}
		if state == types.ReportStateTypeComplete {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(reportPause):
		}
	}
	return t.Call(ctx, "iam:GenerateCredentialReport", func(context.Context) error {
		return fmt.Errorf("the report was not made within %v", reportPolls*reportPause)
	})
}

func parseReport(content []byte) (*report, error) {
	lines := csv.NewReader(bytes.NewReader(content))
	columns, err := lines.Read()
	if err != nil || columns[0] != "user" {
		return nil, errors.New("read the credential report: it has no head")
	}
	r := &report{columns: columns, rows: map[string][]string{}}
	for {
		line, err := lines.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read the credential report: %w", err)
		}
		r.rows[line[0]] = line
	}
	if len(r.rows) == 0 {
		return nil, errors.New("read the credential report: not even the root user is in it")
	}
	return r, nil
}

// credentialVolatile names the columns of a credential report's row that change by use alone.
func credentialVolatile(at string) []string {
	return []string{
		at + "/password_last_used",
		at + "/access_key_1_last_used_date", at + "/access_key_1_last_used_region", at + "/access_key_1_last_used_service",
		at + "/access_key_2_last_used_date", at + "/access_key_2_last_used_region", at + "/access_key_2_last_used_service",
	}
}
