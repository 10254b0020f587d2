package simcloud

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// TestPublicBucket plays the demo's main story: open and closed again between two ends of a month, both of them clean.
func TestPublicBucket(t *testing.T) {
	c := start(t, demo(t), Options{})
	client := s3.NewFromConfig(awsConfig(c, prod, "eu-west-1"))
	in := &s3.GetBucketPolicyStatusInput{Bucket: aws.String("larkspur-prod-media")}
	for day, open := range map[int]bool{0: false, 28: false, 42: false, 43: true, 44: true, 45: false, 59: false, 89: false} {
		if err := c.SetDay(day); err != nil {
			t.Fatal(err)
		}
		if got := *ask(t, client.GetBucketPolicyStatus, in).PolicyStatus.IsPublic; got != open {
			t.Errorf("day %d, %s: public %v, want %v", day, c.Now().Format(time.DateOnly), got, open)
		}
		_, err := client.GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: in.Bucket})
		if (err != nil) != open {
			t.Errorf("day %d: block: %v", day, err)
		}
	}
	for day, date := range map[int]string{28: "2026-07-31", 59: "2026-08-31", 89: "2026-09-30"} {
		if err := c.SetDay(day); err != nil {
			t.Fatal(err)
		}
		if got := c.Now().Format(time.DateOnly); got != date {
			t.Errorf("day %d is %s, want the month's end %s", day, got, date)
		}
	}
}

func TestTimelineFaults(t *testing.T) {
	c := start(t, demo(t), Options{})
	client := s3.NewFromConfig(awsConfig(c, staging, "eu-west-1"))
	in := &s3.GetBucketPolicyStatusInput{Bucket: aws.String("larkspur-staging-media")}
	away := ec2.NewFromConfig(awsConfig(c, staging, "eu-central-1"))
	for day := range 70 {
		if err := c.SetDay(day); err != nil {
			t.Fatal(err)
		}
		_, err := client.GetBucketPolicyStatus(t.Context(), in)
		var api smithy.APIError
		if denied := errors.As(err, &api) && api.ErrorCode() == "AccessDenied"; denied != (day >= 50 && day <= 53) {
			t.Errorf("day %d: %v", day, err)
		}
		_, err = away.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
		if (err != nil) != (day == 66) {
			t.Errorf("day %d: eu-central-1: %v", day, err)
		}
	}
}

// TestDaysRepeat demands that a day reads the same however one came to it.
func TestDaysRepeat(t *testing.T) {
	e := demo(t)
	for _, day := range []int{0, 12, 45, 89} {
		a, err := e.at(day)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.at((day + 40) % 90); err != nil {
			t.Fatal(err)
		}
		b, err := e.at(day)
		if err != nil {
			t.Fatal(err)
		}
		if len(a.lists) != len(b.lists) {
			t.Fatalf("day %d has %d and %d lists", day, len(a.lists), len(b.lists))
		}
		for p := range a.lists {
			for i := range a.lists[p].Len() {
				if !reflect.DeepEqual(a.lists[p].At(i).doc, b.lists[p].At(i).doc) {
					t.Errorf("day %d: %s %s differs", day, p, a.lists[p].At(i).key)
				}
			}
		}
	}
}

func TestMerge(t *testing.T) {
	for _, c := range []struct{ doc, patch, want string }{
		{`{"a":1,"b":{"c":2}}`, `{"b":{"c":null,"d":3}}`, `{"a":1,"b":{"d":3}}`},
		{`{"a":[1,2]}`, `{"a":[3]}`, `{"a":[3]}`},
		{`{"a":1}`, `{"a":{"b":null,"c":1}}`, `{"a":{"c":1}}`},
		{`{}`, `{"a":null}`, `{}`},
	} {
		var doc, patch any
		for s, v := range map[string]*any{c.doc: &doc, c.patch: &patch} {
			if err := json.Unmarshal([]byte(s), v); err != nil {
				t.Fatal(err)
			}
		}
		if got := string(jsonText(merge(doc, patch))); got != c.want {
			t.Errorf("%s merged with %s is %s, want %s", c.doc, c.patch, got, c.want)
		}
		if got := string(jsonText(doc)); got != c.doc {
			t.Errorf("%s became %s", c.doc, got)
		}
	}
}

func TestClock(t *testing.T) {
	base := time.Date(2026, 7, 3, 6, 0, 0, 0, time.UTC)
	c := clock{base: base, now: base.AddDate(0, 0, 10)}
	for in, want := range map[string]string{
		"{{day}}": "2026-07-13T06:00:00Z", "{{day-30}}": "2026-06-13T06:00:00Z", "{{base}}": "2026-07-03T06:00:00Z",
		"{{base+2 08:15}}": "2026-07-05T08:15:00Z", "{{base+2 +20h30m}}": "2026-07-06T02:30:00Z", "{{base +late}}": "",
		"at {{day-1 23:59}}, at last": "at 2026-07-12T23:59:00Z, at last",
		"plain":                       "plain", "{{": "", "{{night}}": "", "{{day 25:00}}": "", "{{day-x}}": "",
	} {
		got, err := c.text(in)
		if (err != nil) != (want == "") || err == nil && got != want {
			t.Errorf("%q is %q (%v), want %q", in, got, err, want)
		}
	}
}

func TestBadEstates(t *testing.T) {
	good := fstest.MapFS{
		"estate.json":        {Data: []byte(`{"company":"X","base":"2026-07-03T06:00:00Z","days":5}`)},
		"timeline.json":      {Data: []byte(`[]`)},
		"aws/1/account.json": {Data: []byte(`{"Id":"1"}`)},
		"aws/1/users.json":   {Data: []byte(`[{"UserName":"a"}]`)},
	}
	if _, err := Load(good); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ file, text, want string }{
		"no head":           {"estate.json", `{`, "estate.json"},
		"unknown head":      {"estate.json", `{"colour":1}`, "colour"},
		"no days":           {"estate.json", `{"company":"X"}`, "days is 0"},
		"no JSON":           {"aws/1/users.json", `[{]`, "users.json"},
		"a number":          {"aws/1/users.json", `7`, "neither"},
		"a list of numbers": {"aws/1/users.json", `[7]`, "no object"},
		"a bad time":        {"aws/1/users.json", `[{"UserName":"{{noon}}"}]`, "noon"},
		"no such file":      {"timeline.json", `[{"day":1,"in":"aws/1/cars","remove":true}]`, "cars"},
		"no such item":      {"timeline.json", `[{"day":1,"in":"aws/1/users","item":"b","remove":true}]`, `"b"`},
		"nothing to do":     {"timeline.json", `[{"day":1,"in":"aws/1/users","item":"a"}]`, "nothing"},
		"twice":             {"timeline.json", `[{"day":1,"in":"aws/1/users","add":{"UserName":"a"}}]`, "already"},
		"unknown word":      {"timeline.json", `[{"day":1,"colour":"red"}]`, "colour"},
		"unknown fault":     {"timeline.json", `[{"day":1,"operation":"*","fault":{"kind":"odd"},"until":2}]`, "odd"},
		"object removed":    {"timeline.json", `[{"day":1,"in":"aws/1/account","remove":true}]`, "only merge"},
	} {
		bad := fstest.MapFS{}
		for p, f := range good {
			bad[p] = f
		}
		bad[c.file] = &fstest.MapFile{Data: []byte(c.text)}
		if _, err := Load(bad); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
