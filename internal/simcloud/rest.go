package simcloud

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// restOp is one operation of a REST API. A path's {name} stands for one segment; what follows a colon after it, as in
// "{project}:getIamPolicy", is Google's verb, and what stands before it, as in "sha256:{digest}", is part of the segment.
type restOp struct {
	name, method, path string
	answer             func(*restCall) response
}

// tokens is the operation that gives tokens and takes none.
const tokens = "oauth2.token"

// restCall is one call of a REST API.
type restCall struct {
	*request
	c     *Cloud
	op    string
	vars  map[string]string
	query url.Values
}

// restAPI is what tells one REST provider from another.
type restAPI struct {
	provider, account string // account is the variable of a path that names it
	ops               []restOp
	fold              bool // paths ignore case
	fail              func(k *restCall, kind FaultKind) response
	unknown           func(k *restCall) response // no such operation
	refuse            func(k *restCall) response // no valid token
}

// route finds the operation of a request and checks the bearer token.
func (a restAPI) route(c *Cloud, r *request) call {
	k := &restCall{request: r, c: c, query: r.URL.Query()}
	segments := strings.Split(strings.Trim(r.URL.EscapedPath(), "/"), "/")
	for _, op := range a.ops {
		vars, ok := match(op.path, segments, a.fold)
		if !ok || op.method != r.Method {
			continue
		}
		k.op, k.vars = op.name, vars
		return call{op: op.name, account: vars[a.account],
			answer: func() response {
				if op.name != tokens && !authorized(r, Token(a.provider)) {
					return a.refuse(k)
				}
				return op.answer(k)
			},
			fail: func(kind FaultKind) response { return a.fail(k, kind) },
		}
	}
	return call{answer: func() response { return a.unknown(k) }}
}

// Token returns the bearer token that a provider other than AWS takes. GCP's is got with the key of GCPKeyFile.
func Token(provider string) string { return "simulated-" + provider + "-token" }

func authorized(r *request, token string) bool {
	h := r.Header.Get("Authorization")
	if _, password, ok := r.BasicAuth(); ok {
		return password == token
	}
	return h == "Bearer "+token || h == "token "+token
}

func match(pattern string, segments []string, fold bool) (map[string]string, bool) {
	want := strings.Split(strings.Trim(pattern, "/"), "/")
	if len(want) != len(segments) {
		return nil, false
	}
	vars := map[string]string{}
	for i, w := range want {
		got, err := url.PathUnescape(segments[i])
		if err != nil {
			return nil, false
		}
		before, rest, _ := strings.Cut(w, "{")
		name, verb, ok := strings.Cut(rest, "}")
		switch {
		case ok:
			v, found := strings.CutSuffix(got, verb)
			if found {
				v, found = strings.CutPrefix(v, before)
			}
			if !found || v == "" || verb == "" && strings.Contains(v, ":") {
				return nil, false
			}
			vars[name] = v
		case w != got && !(fold && strings.EqualFold(w, got)):
			return nil, false
		}
	}
	return vars, true
}

// number reads an integer of the query, 0 when there is none.
func (k *restCall) number(name string) int {
	n, _ := strconv.Atoi(k.query.Get(name)) // what is no number is nothing said
	return n
}

// known reports whether the provider has the account.
func (k *restCall) known(provider, account string) bool {
	_, ok := slices.BinarySearch(k.w.accounts[provider], account)
	return ok
}

// array appends items as a JSON array; fields makes of a document what the operation shows of it.
func (k *restCall) array(dst []byte, all items, w window, fields func(map[string]any) map[string]any) []byte {
	dst = append(dst, '[')
	for i := w.From; i < w.To; i++ {
		if i > w.From {
			dst = append(dst, ',')
		}
		dst = all.At(i).append(dst, k.op, func(dst []byte, doc map[string]any) []byte {
			return append(dst, jsonText(fields(doc))...)
		})
	}
	return append(dst, ']')
}

// native returns a document less the answers of further calls, whose names begin with a capital letter.
func native(doc map[string]any) map[string]any {
	out := make(map[string]any, len(doc))
	for name, v := range doc {
		if name == "" || name[0] < 'A' || name[0] > 'Z' {
			out[name] = v
		}
	}
	return out
}

func (k *restCall) json(status int, body []byte) response {
	return response{status, []string{"Content-Type", "application/json; charset=utf-8"}, body}
}

// base returns the address that the caller used.
func (k *restCall) base() string { return "http://" + k.Host }

// object answers a JSON object.
func (k *restCall) object(v map[string]any) response { return k.json(http.StatusOK, jsonText(v)) }
