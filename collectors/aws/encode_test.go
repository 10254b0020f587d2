package aws

import (
	"encoding/json"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

type tree struct {
	Name     *string
	Children []tree
	Next     *tree
}

func encoded(e *encoder, v any) (out string, err error) {
	err = e.document(v, func(raw json.RawMessage) error {
		out = string(raw)
		return nil
	})
	return out, err
}

func TestEncode(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000000, time.FixedZone("", 3600))
	for _, tc := range []struct {
		name string
		in   any
		want string
	}{
		{"nil is left out, false and zero are not", struct {
			P *bool
			B bool
			N int
			F float64
			S []string
			M map[string]int
		}{}, `{"B":false,"F":0,"N":0}`},
		{"answered false and nothing", struct {
			P *bool
			S []string
		}{aws.Bool(false), []string{}}, `{"P":false,"S":[]}`},
		{"empty enums are left out", types.Volume{VolumeType: ""}, `{}`},
		{"an answered empty text stays", struct{ D *string }{aws.String("")}, `{"D":""}`},
		{"embedded structs are flattened", VPCDoc{Vpc: types.Vpc{VpcId: aws.String("v")}, FlowLogs: []types.FlowLog{}},
			`{"FlowLogs":[],"VpcId":"v"}`},
		{"an absent embedded pointer", KeyDoc{}, `{}`},
		{"times in UTC", struct{ T *time.Time }{&at}, `{"T":"2026-01-02T02:04:05.006Z"}`},
		{"text", struct{ T string }{"a\"\\\n\u2028é<"}, "{\"T\":\"a\\\"\\\\\\n\u2028é<\"}"},
		{"bytes and maps", struct {
			B []byte
			M map[string]any
		}{[]byte{1, 2}, map[string]any{"b": 1, "a": nil}}, `{"B":"AQI=","M":{"a":null,"b":1}}`},
		{"a type within itself", tree{aws.String("a"), []tree{{Name: aws.String("b")}}, &tree{}},
			`{"Children":[{"Name":"b"}],"Name":"a","Next":{}}`},
		{"numbers", struct{ I, J int64 }{math.MaxInt64, -1}, `{"I":9223372036854775807,"J":-1}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := encoded(new(encoder), tc.in)
			if err != nil {
				t.Fatal(err)
			}
			if got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
	if _, err := encoded(new(encoder), struct{ F float64 }{math.NaN()}); err == nil {
		t.Error("encoded what has no JSON")
	}
}

// TestEncodeFromManyGoroutines holds that plans are made once and whole, whoever comes first.
func TestEncodeFromManyGoroutines(t *testing.T) {
	e := new(encoder)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			got, err := encoded(e, tree{Children: []tree{{Next: &tree{Name: aws.String("x")}}}})
			if want := `{"Children":[{"Next":{"Name":"x"}}]}`; err != nil || got != want {
				t.Errorf("got %s, %v; want %s", got, err, want)
			}
		})
	}
	wg.Wait()
}

func BenchmarkEncode(b *testing.B) {
	doc := SecurityGroupDoc{SecurityGroup: types.SecurityGroup{
		GroupId: aws.String("sg-1"), GroupName: aws.String("web"), Description: aws.String("for the web"),
	}}
	for range 8 {
		doc.IpPermissions = append(doc.IpPermissions, types.IpPermission{
			IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443),
			IpRanges: []types.IpRange{{CidrIp: aws.String("10.0.0.0/8"), Description: aws.String("inside")}},
		})
	}
	e := new(encoder)
	b.ReportAllocs()
	for b.Loop() {
		if err := e.document(doc, func(json.RawMessage) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
