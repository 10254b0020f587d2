package simcloud

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
)

// FuzzRequests throws any request at all four providers: none may panic, and none may answer 5xx.
func FuzzRequests(f *testing.F) {
	const sign = "AWS4-HMAC-SHA256 Credential=AKIASIMULATED111122223333/20260703/eu-west-1/"
	f.Add("POST", "/", sign+"iam/aws4_request, x", "", "Action=ListUsers&MaxItems=-1&Marker=TGlzdFVzZXJzfDM")
	f.Add("POST", "/", sign+"ec2/aws4_request, x", "", "Action=DescribeVpcs&Filter.1.Name=vpc-id&Filter.1.Value.1=x")
	f.Add("POST", "/", sign+"kms/aws4_request, x", "TrentService.DescribeKey", `{"KeyId":"a/b"}`)
	f.Add("POST", "/", sign+"cloudtrail/aws4_request, x", "CloudTrail_20131101.DescribeTrails", `{"trailNameList":[1]}`)
	f.Add("POST", "/", sign+"organizations/aws4_request, x", "AWSOrganizationsV20161128.ListAccounts", `{"MaxResults":0.5}`)
	f.Add("POST", "/", sign+"iam/aws4_request, x", "", "Action=ListPolicies&OnlyAttached=true&Scope.member.1=Local&Marker=")
	f.Add("POST", "/listRegions/", sign+"account/aws4_request, x", "", `{"NextToken":[],"RegionOptStatusContains":{"a":1}}`)
	f.Add("GET", "/%2f/%zz?policy", sign+"s3/aws4_request, x", "", "")
	f.Add("GET", "/larkspur-prod-media?acl", sign+"s3/aws4_request, x", "", "")
	f.Add("GET", "/?max-buckets=99999&prefix=l", sign+"s3/aws4_request, x", "", "")
	f.Add("GET", "/v3/projects/larkspur-analytics:getIamPolicy", "Bearer "+Token("gcp"), "", "")
	f.Add("GET", "/repos/larkspur-freight/ledger-service/pulls?page=9&per_page=-3", "Bearer "+Token("github"), "", "")
	f.Add("POST", "/token", "", "", "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=a.b.c")
	c, err := New(demo(f), Options{PageSize: 2})
	if err != nil {
		f.Fatal(err)
	}
	var handlers []http.Handler
	for _, r := range []router{c.routeAWS, c.routeGCP, c.routeAzure, c.routeGitHub} {
		handlers = append(handlers, c.handler(r))
	}
	f.Fuzz(func(t *testing.T, method, target, authorization, operation, body string) {
		for _, h := range handlers {
			req, err := http.NewRequest(method, "http://127.0.0.1/", bytes.NewReader([]byte(body)))
			if err != nil {
				t.Skip()
			}
			u, err := req.URL.Parse(target)
			if err != nil {
				t.Skip()
			}
			req.URL = u
			req.Header.Set("Authorization", authorization)
			req.Header.Set("X-Amz-Target", operation)
			out := httptest.NewRecorder()
			h.ServeHTTP(out, req)
			if out.Code >= 500 {
				t.Errorf("%s %s answers %d: %s", method, target, out.Code, out.Body)
			}
		}
	})
}

// FuzzLoad reads any estate: it is taken or refused with an error, and what is taken can be asked.
func FuzzLoad(f *testing.F) {
	const base = `{"company":"X","base":"2026-07-03T06:00:00Z","days":3}`
	f.Add(base, `[{"UserName":"a","CreateDate":"{{day-1}}"}]`,
		`[{"day":1,"in":"aws/111122223333/users","item":"a","remove":true}]`)
	f.Add(base, `[{"UserName":"a"}]`, `[{"day":1,"in":"aws/111122223333/users","item":"a","merge":{"Tags":[1]}}]`)
	f.Add(base, `[{"UserName":7}]`, `[{"day":2,"in":"aws/111122223333/users","item":"7","reverse":"Tags"}]`)
	f.Fuzz(func(t *testing.T, head, users, timeline string) {
		if len(head) > 200 {
			t.Skip() // many days take long
		}
		e, err := Load(fstest.MapFS{"estate.json": {Data: []byte(head)}, "timeline.json": {Data: []byte(timeline)},
			"aws/111122223333/account.json": {Data: []byte(`{}`)}, "aws/111122223333/users.json": {Data: []byte(users)}})
		if err != nil {
			return
		}
		if _, err := New(e, Options{}); err != nil {
			t.Error(err)
		}
	})
}
