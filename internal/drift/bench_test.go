package drift

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/wI2L/jsondiff"
)

// BenchmarkDocuments compares two documents of about 2 KB that differ in one field and in the order of a list; beside it
// jsondiff, which knows neither volatile values, nor identities, nor policies.
func BenchmarkDocuments(b *testing.B) {
	doc := func(open bool, reverse bool) json.RawMessage {
		var rules []string
		for i := range 16 {
			rules = append(rules, fmt.Sprintf(`{"FromPort":%d,"ToPort":%d,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"10.%d.0.0/16","Description":"rule"}]}`, i, i, i))
		}
		if reverse {
			rules[0], rules[15] = rules[15], rules[0]
		}
		return json.RawMessage(fmt.Sprintf(`{"GroupId":"sg-1","Open":%t,"IpPermissions":[%s]}`, open, strings.Join(rules, ",")))
	}
	before, after := doc(false, false), doc(true, true)
	b.Run("drift", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			fields, err := Documents(before, after, testSchema)
			if err != nil || len(fields) != 1 {
				b.Fatal(fields, err)
			}
		}
	})
	b.Run("jsondiff", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			patch, err := jsondiff.CompareJSON(before, after, jsondiff.LCS(), jsondiff.Equivalent(), jsondiff.Invertible())
			if err != nil || len(patch) == 0 {
				b.Fatal(patch, err)
			}
		}
	})
}

// BenchmarkSubjects compares two snapshots of 20,000 subjects of which 1 % differ.
func BenchmarkSubjects(b *testing.B) {
	w := newWorld()
	old, now := docs{}, docs{}
	for i := range 20_000 {
		id := fmt.Sprintf("arn:aws:s3:::bucket-%05d", i)
		old[id] = fmt.Sprintf(`{"Name":%q,"Open":false}`, id)
		now[id] = old[id]
		if i%100 == 0 {
			now[id] = fmt.Sprintf(`{"Name":%q,"Open":true}`, id)
		}
	}
	before, after := one(1, "ok", old)(w), one(2, "ok", now)(w)
	b.ReportAllocs()
	for b.Loop() {
		got, err := Subjects(w, before, after, nil)
		if err != nil || len(got) != 200 {
			b.Fatal(len(got), err)
		}
	}
}
