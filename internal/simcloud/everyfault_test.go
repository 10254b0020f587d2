package simcloud

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// TestEveryFault makes every operation that simcloud answers fail in every way, and demands that the SDK's own client
// sees an error of the right class.
func TestEveryFault(t *testing.T) {
	c := start(t, demo(t), Options{})
	clients := sdkClients(awsConfig(c, prod, "eu-west-1"))
	for _, s := range awsServices() {
		in := inputsOf(t, s.name)
		for op := range s.ops {
			for _, kind := range []FaultKind{Denied, Throttled, Unavailable, Expired, Truncated, Reset, Unreachable, Disabled} {
				set(t, c, s.name+":"+op, Fault{Kind: kind})
				_, err := askSDK(t.Context(), clients[s.name], op, in.of(op, nil))
				if !ofClass(kind, err) {
					t.Errorf("%s:%s %s: %v", s.name, op, kind, err)
				}
				c.ClearFaults()
			}
		}
	}
	asked := c.Counts()
	for _, s := range awsServices() {
		for op := range s.ops {
			if asked[s.name+":"+op] != 8 {
				t.Errorf("%s:%s was asked %d times", s.name, op, asked[s.name+":"+op])
			}
		}
	}
}

// ofClass reports whether the SDK's error is what a fault should be to a caller.
func ofClass(kind FaultKind, err error) bool {
	var api smithy.APIError
	var answer *smithyhttp.ResponseError
	if kind == Truncated || kind == Reset || kind == Unreachable {
		return err != nil && !errors.As(err, &api)
	}
	if !errors.As(err, &api) || !errors.As(err, &answer) {
		return false
	}
	code := api.ErrorCode()
	switch kind {
	case Denied:
		return slices.Contains([]string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation",
			"AuthorizationError"}, code)
	case Throttled:
		throttle := retry.ThrottleErrorCode{Codes: retry.DefaultThrottleErrorCodes}
		return throttle.IsErrorThrottle(err) == aws.TrueTernary || code == "Throttled" || answer.HTTPStatusCode() == 429
	case Unavailable:
		return answer.HTTPStatusCode() == 503
	case Expired:
		return strings.HasPrefix(code, "ExpiredToken") || code == "RequestExpired"
	case Disabled:
		return strings.Contains(api.ErrorMessage(), "not enabled") || slices.Contains([]string{"OptInRequired",
			"SubscriptionRequiredException", "NotSignedUp", "AWSOrganizationsNotInUseException", "InvalidAccessException"}, code)
	}
	return false
}
