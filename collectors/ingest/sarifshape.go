package ingest

import "github.com/go-json-experiment/json/jsontext"

// The parts of SARIF 2.1.0 that are read.
type (
	sarifLog struct {
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver     sarifComponent   `json:"driver"`
			Extensions []sarifComponent `json:"extensions"`
		} `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		// Results is null for a run that did not begin.
		Results           *[]sarifResult `json:"results"`
		AutomationDetails struct {
			ID string `json:"id"`
		} `json:"automationDetails"`
		BaseIDs    map[string]sarifArtifact `json:"originalUriBaseIds"`
		Provenance []struct {
			RepositoryURI string `json:"repositoryUri"`
		} `json:"versionControlProvenance"`
	}
	sarifComponent struct {
		Name            string      `json:"name"`
		Version         string      `json:"version"`
		SemanticVersion string      `json:"semanticVersion"`
		Rules           []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string    `json:"id"`
		Name             string    `json:"name"`
		ShortDescription sarifText `json:"shortDescription"`
		Configuration    struct {
			Level string `json:"level"`
		} `json:"defaultConfiguration"`
		Properties struct {
			SecuritySeverity jsontext.Value `json:"security-severity"`
		} `json:"properties"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifInvocation struct {
		Successful    *bool               `json:"executionSuccessful"`
		Start         string              `json:"startTimeUtc"`
		End           string              `json:"endTimeUtc"`
		ExitCode      *int                `json:"exitCode"`
		Execution     []sarifNotification `json:"toolExecutionNotifications"`
		Configuration []sarifNotification `json:"toolConfigurationNotifications"`
	}
	sarifNotification struct {
		Level   string    `json:"level"`
		Message sarifText `json:"message"`
	}
	sarifResult struct {
		RuleID    string `json:"ruleId"`
		RuleIndex *int   `json:"ruleIndex"`
		Rule      struct {
			ID    string `json:"id"`
			Index *int   `json:"index"`
		} `json:"rule"`
		Kind         string            `json:"kind"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Baseline     string            `json:"baselineState"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Suppressions []sarifSuppressed `json:"suppressions"`
		Locations    []sarifLocation   `json:"locations"`
		Target       sarifArtifact     `json:"analysisTarget"`
	}
	sarifSuppressed struct {
		Status        string `json:"status"`
		Justification string `json:"justification"`
	}
	sarifLocation struct {
		Physical struct {
			Artifact sarifArtifact `json:"artifactLocation"`
			Region   struct {
				StartLine int `json:"startLine"`
			} `json:"region"`
		} `json:"physicalLocation"`
		Logical []struct {
			Name          string `json:"name"`
			QualifiedName string `json:"fullyQualifiedName"`
			Kind          string `json:"kind"`
		} `json:"logicalLocations"`
	}
	sarifArtifact struct {
		URI    string `json:"uri"`
		BaseID string `json:"uriBaseId"`
	}
)
