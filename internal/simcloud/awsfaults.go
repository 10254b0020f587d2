package simcloud

import (
	"net/http"
	"regexp"
)

// Faults that only routing knows.
const (
	unknownKey    FaultKind = "unknown key"
	unknownRegion FaultKind = "unknown region"
)

// awsFaults is how each protocol, and services that differ from it, spell what can go wrong; it is only read. An entry
// without status has the one that the service's model gives the code.
var awsFaults = map[FaultKind]map[string]awsFail{
	Denied: {
		"query": {403, "AccessDenied", "Access Denied"}, "rest-xml": {403, "AccessDenied", "Access Denied"},
		"ec2":  {403, "UnauthorizedOperation", "You are not authorized to perform this operation."},
		"json": {400, "AccessDeniedException", "Access denied"}, "rest-json": {403, "AccessDeniedException", "Access denied"},
		"sns": {403, "AuthorizationError", "not authorized"}, "sqs": {403, "AccessDenied", "Access denied"},
	},
	Throttled: {
		"query": {400, "Throttling", "Rate exceeded"}, "rest-xml": {400, "Throttling", "Rate exceeded"},
		"ec2":  {503, "RequestLimitExceeded", "Request limit exceeded."},
		"json": {400, "ThrottlingException", "Rate exceeded"}, "rest-json": {429, "TooManyRequestsException", "Rate exceeded"},
		"s3":        {503, "SlowDown", "Please reduce your request rate."},
		"s3control": {503, "SlowDown", "Please reduce your request rate."},
	},
	Unavailable: {
		"query": {503, "ServiceUnavailable", "The service is unavailable. Please try again."},
		"ec2":   {503, "ServiceUnavailable", "The service is unavailable. Please try again."},
		"json":  {503, "ServiceUnavailableException", "The service is unavailable."},
	},
	Expired: {
		"query":     {403, "ExpiredToken", "The security token included in the request is expired"},
		"ec2":       {400, "RequestExpired", "Request has expired."},
		"json":      {400, "ExpiredTokenException", "The security token included in the request is expired"},
		"rest-json": {403, "ExpiredTokenException", "The security token included in the request is expired"},
		"s3":        {400, "ExpiredToken", "The token has expired."},
		"s3control": {400, "ExpiredToken", "The token has expired."},
	},
	Disabled: {
		"query":         {403, "OptInRequired", "The AWS Access Key Id needs a subscription for the service"},
		"ec2":           {403, "OptInRequired", "You are not subscribed to this service."},
		"json":          {400, "SubscriptionRequiredException", "The AWS Access Key Id needs a subscription for the service"},
		"rest-json":     {403, "SubscriptionRequiredException", "The AWS Access Key Id needs a subscription for the service"},
		"s3":            {403, "NotSignedUp", "Your account is not signed up for this service."},
		"s3control":     {403, "NotSignedUp", "Your account is not signed up for this service."},
		"organizations": {400, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization."},
		"securityhub":   {401, "InvalidAccessException", "Account is not subscribed to AWS Security Hub"},
		"macie2":        {403, "AccessDeniedException", "Macie is not enabled."},
	},
	unknownKey: {
		"query":     {403, "InvalidClientTokenId", "The security token included in the request is invalid."},
		"ec2":       {401, "AuthFailure", "AWS was not able to validate the provided access credentials"},
		"json":      {400, "UnrecognizedClientException", "The security token included in the request is invalid."},
		"rest-json": {403, "UnrecognizedClientException", "The security token included in the request is invalid."},
		"s3":        {403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."},
		"s3control": {403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."},
	},
}

// like is the protocol whose spelling a protocol without an own one uses.
var like = map[string]string{"rest-xml": "query", "rest-json": "json"}

// fault is how the service called says that something is wrong.
func (k *awsCall) fault(kind FaultKind) *awsFail {
	if kind == unknownRegion {
		kind = unknownKey // AWS answers both alike
	}
	protocol := k.model.Metadata.Protocol
	f, own := awsFaults[kind][k.service]
	if !own {
		var ok bool
		if f, ok = awsFaults[kind][protocol]; !ok {
			f = awsFaults[kind][like[protocol]]
		}
	}
	switch {
	case kind == Denied && protocol != "ec2" && k.model.Metadata.signing() != "s3":
		f.message = "User: " + k.caller + " is not authorized to perform: " + k.service + ":" + k.op
	case kind == Throttled && !own:
		if code := k.declared(throttling); code != "" {
			f.code, f.status = code, 0
		}
	}
	return &f
}

// Codes that a service may have declared as an operation's own; they are only read.
var (
	throttling = regexp.MustCompile(`^(Throttl|TooManyRequests|RequestThrottled)`)
	wrongToken = regexp.MustCompile(`^Invalid(Next|Pagination|Continuation)?(Token|Marker)`)
)

// declared returns the code of the operation's own error that is called like this, "" when it has none.
func (k *awsCall) declared(called *regexp.Regexp) string {
	for _, r := range k.operation.Errors {
		if called.MatchString(r.Shape) {
			if r.Error != nil && r.Error.Code != "" {
				return r.Error.Code
			}
			return r.Shape
		}
	}
	return ""
}

// badToken is answered to a page token that was never given.
func (k *awsCall) badToken() *awsFail {
	if code := k.declared(wrongToken); code != "" {
		return &awsFail{0, code, "The token is invalid"}
	}
	switch {
	case k.model.Metadata.Protocol == "ec2":
		return &awsFail{http.StatusBadRequest, "InvalidNextToken", "The token is invalid"}
	case k.model.Metadata.Protocol == "query":
		return &awsFail{http.StatusBadRequest, "ValidationError", "Invalid Marker"}
	case k.service == "s3":
		return &awsFail{http.StatusBadRequest, "InvalidArgument", "The continuation token provided is incorrect"}
	}
	return &awsFail{http.StatusBadRequest, "ValidationException", "The token is invalid"}
}
