package simcloud

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// awsCall is one call of an AWS API.
type awsCall struct {
	*request
	c                             *Cloud
	service, op                   string // as the SDK names them: "s3control", "GetPublicAccessBlock"
	account, region, caller, role string
	bucket                        string         // of an S3 call
	form                          url.Values     // parameters of the query protocols and of the URL
	in                            map[string]any // input of the JSON protocols
}

// awsFail is an error that an AWS API answers; the protocol decides how it is written.
type awsFail struct {
	status        int
	code, message string
}

func (f *awsFail) Error() string { return f.code }

// awsOps are the operations of one service: what each answers within its protocol's envelope.
type awsOps map[string]func(*awsCall) ([]byte, *awsFail)

// routeAWS reads service, region and caller from the signature's credential scope, and the operation from where the
// service's protocol puts it.
func (c *Cloud) routeAWS(r *request) call {
	k := &awsCall{request: r, c: c, form: r.URL.Query()}
	access, ok := k.scope(r.Header.Get("Authorization"))
	if !ok {
		k.service = "sts"
		return k.refuse(&awsFail{http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token"})
	}
	ops, fail := k.operation()
	if fail != nil {
		return k.refuse(fail)
	}
	answer, known := ops[k.op]
	if !known {
		return k.refuse(&awsFail{http.StatusBadRequest, "InvalidAction",
			"simcloud does not know " + k.service + ":" + k.op})
	}
	known = k.identify(access)
	return call{op: k.service + ":" + k.op, account: k.account, region: k.region,
		answer: func() response {
			if !known {
				return k.failure(k.fault(unknownKey))
			}
			if !k.c.enabled(k) {
				return k.failure(k.fault(unknownRegion))
			}
			body, fail := answer(k)
			if fail != nil {
				return k.failure(fail)
			}
			return k.success(body)
		},
		fail: func(kind FaultKind) response { return k.failure(k.fault(kind)) },
	}
}

func (k *awsCall) refuse(f *awsFail) call {
	return call{answer: func() response { return k.failure(f) }}
}

// scope splits "AWS4-HMAC-SHA256 Credential=KEY/20260101/eu-west-1/iam/aws4_request, …".
func (k *awsCall) scope(header string) (access string, ok bool) {
	_, rest, ok := strings.Cut(header, "Credential=")
	if !ok {
		return "", false
	}
	cred, _, _ := strings.Cut(rest, ",")
	part := strings.Split(strings.TrimSpace(cred), "/")
	if len(part) != 5 {
		return "", false
	}
	k.region, k.service = part[2], part[3]
	return part[0], true
}

// operation finds the operation and, for JSON, the input.
func (k *awsCall) operation() (awsOps, *awsFail) {
	malformed := &awsFail{http.StatusBadRequest, "MalformedQueryString", "the request's body cannot be read"}
	switch k.service {
	case "iam", "sts", "ec2":
		if form, err := url.ParseQuery(string(k.body)); err == nil {
			for n, v := range form {
				k.form[n] = v
			}
		} else {
			return nil, malformed
		}
		k.op = k.form.Get("Action")
		return k.c.aws[k.service], nil
	case "kms", "cloudtrail":
		target := k.Header.Get("X-Amz-Target")
		k.op = target[strings.LastIndexByte(target, '.')+1:]
		if err := json.Unmarshal(k.body, &k.in); err != nil {
			return nil, &awsFail{http.StatusBadRequest, "SerializationException", err.Error()}
		}
		return k.c.aws[k.service], nil
	case "account":
		if k.URL.Path == "/listRegions" {
			k.op = "ListRegions"
		}
		if len(k.body) > 0 && json.Unmarshal(k.body, &k.in) != nil {
			return nil, malformed
		}
		return k.c.aws[k.service], nil
	case "s3":
		return k.s3Operation(), nil
	}
	return nil, &awsFail{http.StatusBadRequest, "UnknownService", "simcloud does not know service " + k.service}
}

// asked returns the page size that the caller wants, 0 when it says nothing.
func (k *awsCall) asked(name string) int {
	if v, ok := k.in[name].(float64); ok {
		return int(v)
	}
	n, _ := strconv.Atoi(k.form.Get(name)) // what is no number is nothing said
	return n
}

// text returns an input member of the JSON protocols.
func (k *awsCall) text(name string) string {
	s, _ := k.in[name].(string)
	return s
}

// list returns the account's items of a kind; regional ones lie under the call's region.
func (k *awsCall) list(kind string) items { return k.w.list("aws", k.account, kind) }

func (k *awsCall) regional(kind string) items { return k.w.list("aws", k.account, k.region, kind) }

func (k *awsCall) object() map[string]any { return k.w.object("aws", k.account, "account") }

// enabled reports whether the account uses the region; an account that lists none uses all.
func (c *Cloud) enabled(k *awsCall) bool {
	l := k.list("regions")
	if l.Len() == 0 || k.service == "sts" || k.service == "iam" {
		return true // the global services answer under the name of any region
	}
	it, ok := l.Find(k.region)
	return ok && it.doc["OptInStatus"] != "not-opted-in"
}
