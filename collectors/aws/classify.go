package aws

import (
	"errors"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// Classify implements collect.Provider: by the error's code first, because S3 answers 403 and 404 to many things, then
// by the status of the answer.
func (Provider) Classify(err error) (evidence.Outcome, string) {
	var api smithy.APIError
	var role *roleError
	if errors.As(err, &role) && role.renewed {
		errors.As(err, &api)
		return evidence.OutcomeExpired, codeOf(api) // what there was has ended, whatever the reason that there is no more
	}
	if errors.As(err, &api) {
		if isSwitchedOff(api) {
			return evidence.OutcomeNotEnabled, switchedOff
		}
		if elsewhere(err, api) {
			return evidence.OutcomeNotEnabled, api.ErrorCode()
		}
		if api.ErrorCode() == "InvalidRequestException" && strings.Contains(api.ErrorMessage(), "invalid ResourceModel") {
			return evidence.OutcomeFailed, needsInput
		}
		if ofHandler(api) && refused.MatchString(api.ErrorMessage()) {
			return evidence.OutcomeDenied, api.ErrorCode()
		}
		if outcome, ok := byCode(api.ErrorCode()); ok {
			return outcome, api.ErrorCode()
		}
	}
	var resp *smithyhttp.ResponseError
	switch {
	case errors.Is(err, errNoCredentials), strings.Contains(err.Error(), "get identity: get credentials:"):
		if api != nil {
			return evidence.OutcomeDenied, api.ErrorCode() // the role may not be taken
		}
		return evidence.OutcomeExpired, "NoCredentials"
	case errors.As(err, &resp) && resp.HTTPStatusCode() >= http.StatusMultipleChoices:
		return byStatus(resp.HTTPStatusCode()), codeOf(api)
	case api != nil:
		return evidence.OutcomeFailed, api.ErrorCode()
	}
	return "", ""
}

// elsewhere reports whether an error says that there is no organisation here, or that only its management account and those
// that are delegated may ask: no permission would help. Where the account has the permission and the wrong place,
// Organizations says so in words alone.
func elsewhere(err error, api smithy.APIError) bool {
	switch strings.TrimSuffix(api.ErrorCode(), "Exception") {
	case "AWSOrganizationsNotInUse", "AccountNotManagementOrDelegatedAdministrator", "OrganizationNotFound",
		"OrganizationNotInAllFeaturesMode":
		return true
	case "AccessDenied":
		var op *smithy.OperationError
		return errors.As(err, &op) && op.Service() == "Organizations" &&
			strings.HasPrefix(api.ErrorMessage(), "You don't have permissions to access this resource")
	}
	return false
}

// needsInput is our code for Cloud Control's answer that a type cannot be listed by its name alone.
const needsInput = "NeedsInput"

// ofHandler reports whether an error of Cloud Control is that of a type, whose own service was asked.
func ofHandler(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && strings.Contains(api.ErrorMessage(), "HandlerErrorCode: ")
}

// switchedOff is our code for the answer "the service is off here" of services that have no code of their own for it.
const switchedOff = "SwitchedOff"

// isSwitchedOff tells it by the message: the code alone says that one may not ask as well.
func isSwitchedOff(api smithy.APIError) bool {
	switch api.ErrorCode() {
	case "AccessDeniedException": // Macie
		return strings.HasPrefix(api.ErrorMessage(), "Macie is not enabled")
	case "InvalidAccessException": // Security Hub
		return strings.Contains(api.ErrorMessage(), "is not subscribed to AWS Security Hub")
	}
	return false
}

func codeOf(api smithy.APIError) string {
	if api == nil {
		return ""
	}
	return api.ErrorCode()
}

func byCode(code string) (evidence.Outcome, bool) {
	switch strings.TrimSuffix(code, "Exception") {
	case "AccessDenied", "UnauthorizedOperation", "UnauthorizedAccess", "AuthorizationError", "NotAuthorized",
		"AllAccessDisabled", "AccountProblem", "Forbidden", "OperationDisabled",
		"InsufficientDependencyServiceAccessPermission", "InvalidAccess":
		return evidence.OutcomeDenied, true
	case "ExpiredToken", "RequestExpired", "InvalidClientTokenId", "UnrecognizedClient", "InvalidAccessKeyId",
		"SignatureDoesNotMatch", "InvalidSignature", "InvalidToken", "TokenRefreshRequired", "AuthFailure",
		"MissingAuthenticationToken", "IncompleteSignature", "RequestTimeTooSkewed":
		return evidence.OutcomeExpired, true
	case "Throttling", "Throttled", "RequestThrottled", "EC2Throttled", "RequestLimitExceeded", "LimitExceeded",
		"BandwidthLimitExceeded", "ProvisionedThroughputExceeded", "SlowDown", "TooManyRequests",
		"TransactionInProgress", "PriorRequestNotComplete":
		return evidence.OutcomeThrottled, true
	case "OptInRequired", "SubscriptionRequired", "NotSignedUp":
		return evidence.OutcomeNotEnabled, true
	}
	return "", false
}

func byStatus(status int) evidence.Outcome {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return evidence.OutcomeDenied
	case http.StatusTooManyRequests:
		return evidence.OutcomeThrottled
	}
	return evidence.OutcomeFailed
}

// Rates implements collect.Paced: what the services bear in one account and region, with a margin for the account's
// own use of its quotas. Most are not published.
func (Provider) Rates() map[string]collect.Rate {
	return map[string]collect.Rate{
		"account":       {PerSecond: 4, Burst: 4},
		"cloudcontrol":  {PerSecond: 5, Burst: 10},
		"cloudwatch":    {PerSecond: 7, Burst: 7},
		"codebuild":     {PerSecond: 4, Burst: 4},
		"codedeploy":    {PerSecond: 4, Burst: 4},
		"codepipeline":  {PerSecond: 4, Burst: 4},
		"configservice": {PerSecond: 4, Burst: 4},
		"guardduty":     {PerSecond: 4, Burst: 4},
		"inspector2":    {PerSecond: 4, Burst: 4},
		"macie2":        {PerSecond: 4, Burst: 4},

		"cloudwatchlogs": {PerSecond: 5, Burst: 5},

		"securityhub:GetEnabledStandards": {PerSecond: 1, Burst: 5},

		"":           {PerSecond: 10, Burst: 20},
		"iam":        {PerSecond: 15, Burst: 30},
		"ec2":        {PerSecond: 15, Burst: 50},
		"s3":         {PerSecond: 100, Burst: 100},
		"kms":        {PerSecond: 50, Burst: 50},
		"lambda":     {PerSecond: 10, Burst: 10},
		"apigateway": {PerSecond: 6, Burst: 30},
		"cloudtrail": {PerSecond: 8, Burst: 8},
		"rds":        {PerSecond: 5, Burst: 20},
		"sns":        {PerSecond: 25, Burst: 30},

		"cloudtrail:LookupEvents": {PerSecond: 2, Burst: 2},
		"organizations":           {PerSecond: 5, Burst: 8},
		"ssoadmin":                {PerSecond: 10, Burst: 20},
		"identitystore":           {PerSecond: 10, Burst: 20},
	}
}
