package simcloud

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

// Faults that only routing knows.
const (
	unknownKey    FaultKind = "unknown key"
	unknownRegion FaultKind = "unknown region"
)

// awsFaults is how each protocol spells what can go wrong; it is only read.
var awsFaults = map[FaultKind]map[string]awsFail{
	Denied: {
		"ec2": {403, "UnauthorizedOperation", "You are not authorized to perform this operation."},
		"":    {403, "AccessDenied", "Access Denied"}, "json": {400, "AccessDeniedException", "Access denied"},
		"account": {403, "AccessDeniedException", "Access denied"},
	},
	Throttled: {
		"ec2": {503, "RequestLimitExceeded", "Request limit exceeded."},
		"s3":  {503, "SlowDown", "Please reduce your request rate."},
		"":    {400, "Throttling", "Rate exceeded"}, "json": {400, "ThrottlingException", "Rate exceeded"},
		"account": {429, "TooManyRequestsException", "Rate exceeded"},
	},
	Unavailable: {"": {503, "ServiceUnavailable", "The service is unavailable. Please try again."},
		"json": {503, "ServiceUnavailableException", "The service is unavailable."}},
	Expired: {
		"ec2": {400, "RequestExpired", "Request has expired."}, "s3": {400, "ExpiredToken", "The token has expired."},
		"":     {403, "ExpiredToken", "The security token included in the request is expired"},
		"json": {400, "ExpiredTokenException", "The security token included in the request is expired"},
	},
	Disabled: {
		"ec2": {403, "OptInRequired", "You are not subscribed to this service."},
		"s3":  {403, "NotSignedUp", "Your account is not signed up for this service."},
		"":    {403, "OptInRequired", "The AWS Access Key Id needs a subscription for the service"},
		"json": {400, "SubscriptionRequiredException",
			"The AWS Access Key Id needs a subscription for the service"},
	},
	unknownKey: {
		"ec2": {401, "AuthFailure", "AWS was not able to validate the provided access credentials"},
		"s3":  {403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."},
		"":    {403, "InvalidClientTokenId", "The security token included in the request is invalid."},
		"json": {400, "UnrecognizedClientException",
			"The security token included in the request is invalid."},
	},
}

func (k *awsCall) fault(kind FaultKind) *awsFail {
	if kind == unknownRegion {
		kind = unknownKey // AWS answers both alike
	}
	by := awsFaults[kind]
	f, ok := by[k.base()]
	if !ok && k.json() {
		f, ok = by["json"]
	}
	if !ok {
		f = by[""]
	}
	if kind == Denied && k.base() != "s3" && k.base() != "ec2" {
		f.message = "User: " + k.caller + " is not authorized to perform: " + k.base() + ":" + k.op
	}
	return &f
}

// base is the service whose protocol a call speaks.
func (k *awsCall) base() string {
	if k.service == "s3control" {
		return "s3"
	}
	return k.service
}

func (k *awsCall) json() bool {
	return k.service == "kms" || k.service == "cloudtrail" || k.service == "account"
}

// namespaces of the query protocols' answers; only read.
var namespaces = map[string]string{
	"iam": "https://iam.amazonaws.com/doc/2010-05-08/", "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
	"ec2": "http://ec2.amazonaws.com/doc/2016-11-15/",
}

// success puts an answer into its protocol's envelope.
func (k *awsCall) success(body []byte) response {
	id := k.c.requestID()
	h := []string{"x-amzn-RequestId", id, "Content-Type", "text/xml;charset=UTF-8"}
	var b bytes.Buffer
	b.Grow(len(body) + 300)
	switch k.base() {
	case "iam", "sts":
		b.WriteString("<" + k.op + `Response xmlns="` + namespaces[k.service] + `"><` + k.op + "Result>")
		b.Write(body)
		b.WriteString("</" + k.op + "Result><ResponseMetadata><RequestId>" + id + "</RequestId></ResponseMetadata></" +
			k.op + "Response>")
	case "ec2":
		b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<" + k.op + `Response xmlns="` + namespaces["ec2"] +
			`"><requestId>` + id + "</requestId>")
		b.Write(body)
		b.WriteString("</" + k.op + "Response>")
	case "s3":
		h = []string{"x-amz-request-id", id, "x-amz-id-2", "simulated", "Content-Type", "application/xml"}
		if len(body) > 0 && body[0] == '{' { // a policy is its own text
			h[5] = "application/json"
		} else {
			b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
		}
		b.Write(body)
	default:
		h[3] = "application/x-amz-json-1.1"
		b.Write(body)
	}
	return response{http.StatusOK, h, b.Bytes()}
}

// failure writes an error as the service's protocol does.
func (k *awsCall) failure(f *awsFail) response {
	id := k.c.requestID()
	h := []string{"x-amzn-RequestId", id, "Content-Type", "text/xml"}
	one := "<Code>" + f.code + "</Code><Message>" + escape(f.message) + "</Message>"
	var b string
	switch {
	case k.json():
		h[3] = "application/x-amz-json-1.1"
		h = append(h, "x-amzn-ErrorType", f.code)
		m, _ := json.Marshal(map[string]string{"__type": f.code, "message": f.message}) // strings always encode
		b = string(m)
	case k.service == "ec2":
		b = `<?xml version="1.0" encoding="UTF-8"?>` + "\n<Response><Errors><Error>" + one +
			"</Error></Errors><RequestID>" + id + "</RequestID></Response>"
	case k.base() == "s3":
		h = []string{"x-amz-request-id", id, "x-amz-id-2", "simulated", "Content-Type", "application/xml"}
		if f.code == "PermanentRedirect" {
			h = append(h, "x-amz-bucket-region", f.message)
			one += "<Endpoint>s3." + f.message + ".amazonaws.com</Endpoint>"
		}
		b = `<?xml version="1.0" encoding="UTF-8"?>` + "\n<Error>" + one + "<RequestId>" + id + "</RequestId></Error>"
		if k.service == "s3control" {
			b = strings.Replace(b, "<Error>", "<ErrorResponse><Error>", 1) + "</ErrorResponse>"
		}
	default:
		side := "Sender"
		if f.status >= 500 {
			side = "Receiver"
		}
		b = `<ErrorResponse xmlns="` + namespaces[k.service] + `"><Error><Type>` + side + "</Type>" + one +
			"</Error><RequestId>" + id + "</RequestId></ErrorResponse>"
	}
	return response{f.status, h, []byte(b)}
}
