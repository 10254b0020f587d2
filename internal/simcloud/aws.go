package simcloud

import (
	"net/http"
	"net/url"
	"strings"
)

// awsCall is one call of an AWS API.
type awsCall struct {
	*request
	c                       *Cloud
	service, op             string // as the SDK names them: "s3control", "GetPublicAccessBlock"
	account, region, caller string
	model                   *apiModel
	operation               *apiOperation
	form                    url.Values        // parameters of the query protocols and of the URL
	vars                    map[string]string // of the path
	in                      map[string]any    // the input, in the SDK's member names
}

// awsFail is an error that an AWS API answers; the protocol decides how it is written. Without a status the model
// decides it.
type awsFail struct {
	status        int
	code, message string
}

func (f *awsFail) Error() string { return f.code }

// routeAWS reads service, region and caller from the signature's credential scope, and the operation from where the
// service's protocol puts it.
func (c *Cloud) routeAWS(r *request) call {
	k := &awsCall{request: r, c: c, form: r.URL.Query()}
	access, signing, ok := k.scope(r.Header.Get("Authorization"))
	if !ok {
		return k.refuse("sts", &awsFail{http.StatusForbidden, "MissingAuthenticationToken",
			"Request is missing Authentication Token"})
	}
	services := c.signed[signing]
	if len(services) == 0 {
		return k.refuse("sts", &awsFail{http.StatusBadRequest, "UnknownService", "simcloud does not know service " + signing})
	}
	if fail := k.find(services); fail != nil {
		return k.refuse(services[0], fail)
	}
	op, known := c.aws[k.service].ops[k.op]
	if !known || k.operation == nil {
		return k.refuse(k.service, &awsFail{http.StatusBadRequest, "InvalidAction",
			"simcloud does not know " + k.service + ":" + k.op})
	}
	if fail := k.decode(); fail != nil {
		return k.refuse(k.service, fail)
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
			out, fail := op.answer(k)
			if fail != nil {
				return k.failure(fail)
			}
			return k.success(out)
		},
		fail: func(kind FaultKind) response { return k.failure(k.fault(kind)) },
	}
}

// refuse answers an error before the operation is known, as the service does.
func (k *awsCall) refuse(service string, f *awsFail) call {
	k.service = service
	var err error
	if k.model, err = k.c.models.of(service); err != nil {
		return call{answer: func() response { return response{status: 500, body: []byte(err.Error())} }}
	}
	return call{answer: func() response { return k.failure(f) }}
}

// scope splits "AWS4-HMAC-SHA256 Credential=KEY/20260101/eu-west-1/iam/aws4_request, …".
func (k *awsCall) scope(header string) (access, signing string, ok bool) {
	_, rest, ok := strings.Cut(header, "Credential=")
	if !ok {
		return "", "", false
	}
	cred, _, _ := strings.Cut(rest, ",")
	part := strings.Split(strings.TrimSpace(cred), "/")
	if len(part) != 5 {
		return "", "", false
	}
	k.region = part[2]
	return part[0], part[3], true
}

// find tells which operation of the services that sign alike is asked for.
func (k *awsCall) find(services []string) *awsFail {
	best := -1
	for _, s := range services {
		m, err := k.c.models.of(s)
		if err != nil {
			return &awsFail{http.StatusInternalServerError, "InternalFailure", err.Error()}
		}
		switch m.Metadata.Protocol {
		case "query", "ec2":
			form, err := url.ParseQuery(string(k.body))
			if err != nil {
				return &awsFail{http.StatusBadRequest, "MalformedQueryString", "the request's body cannot be read"}
			}
			for n, v := range form {
				k.form[n] = v
			}
			k.take(s, m, k.form.Get("Action"))
		case "json":
			target := k.Header.Get("X-Amz-Target")
			k.take(s, m, target[strings.LastIndexByte(target, '.')+1:])
		default:
			segments := segmentsOf(k.URL.EscapedPath())
			for name, op := range m.Operations {
				if vars, weight, ok := op.uri.match(segments, k.form); ok && op.HTTP.Method == k.Method &&
					(weight > best || weight == best && name < k.op) {
					best, k.vars = weight, vars
					k.take(s, m, name)
				}
			}
		}
	}
	if k.model == nil {
		return &awsFail{http.StatusNotFound, "UnknownOperationException",
			"simcloud does not know " + k.Method + " " + k.URL.Path}
	}
	return nil
}

func (k *awsCall) take(service string, m *apiModel, op string) {
	k.service, k.model, k.op, k.operation = service, m, op, m.Operations[op]
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
