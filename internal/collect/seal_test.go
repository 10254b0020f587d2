package collect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"exhibit/internal/evidence"
)

var sealSchema = evidence.Schema{Type: "t", Secret: []string{"/password", "/keys/*/id", "/env/*", "/blob"}}

func seal(t testing.TB, s evidence.Subject) (evidence.Subject, string) {
	t.Helper()
	object, err := NewSealer(sealSchema, []byte("key")).Seal(s)
	if err != nil {
		t.Fatal(err)
	}
	again, err := evidence.Canonical(bytes.Clone(object))
	if err != nil {
		t.Fatalf("sealed bytes are no JSON: %v\n%s", err, object)
	}
	if !bytes.Equal(again, object) {
		t.Fatalf("sealed bytes are not canonical: %s", object)
	}
	var back evidence.Subject
	if err := json.Unmarshal(object, &back); err != nil {
		t.Fatal(err)
	}
	return back, string(object)
}

func TestSealReplacesWhatIsDeclared(t *testing.T) {
	back, object := seal(t, evidence.Subject{Type: "t", ID: "1", Doc: json.RawMessage(
		`{"password": "hunter\u0032", "keys":[{"id":"A","n":1},{"id":"B"}], "env": {"X~/":"hunter2","Y":""}, "blob":{"a":[1,"]"]}}`)})
	for _, secret := range []string{"hunter2", `"A"`, `"B"`, `"]"`} {
		if strings.Contains(object, secret) {
			t.Errorf("%s is in the sealed bytes: %s", secret, object)
		}
	}
	var paths []string
	for _, r := range back.Redacted {
		paths = append(paths, r.Path+" "+r.Rule)
	}
	want := "/blob declared, /env/X~0~1 declared, /keys/0/id declared, /keys/1/id declared, /password declared"
	if got := strings.Join(paths, ", "); got != want {
		t.Errorf("redacted %s, want %s", got, want)
	}
	var doc struct {
		Password string
		Env      map[string]string
	}
	if err := json.Unmarshal(back.Doc, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Password != doc.Env["X~/"] {
		t.Errorf("the same secret has two digests: %s and %s", doc.Password, doc.Env["X~/"])
	}
	if !strings.HasPrefix(doc.Password, "[redacted hmac-sha256:") || len(doc.Password) != len("[redacted hmac-sha256:]")+16 {
		t.Errorf("the digest is %q", doc.Password)
	}
}

// planted are values of the shapes that the detector knows; each is made up.
var planted = map[string]string{
	"github-token":      "ghp_" + strings.Repeat("a", 36),
	"slack-token":       "xoxb-" + "123456789012-abcdefghijklmnop1234",
	"private-key":       "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
	"url-credentials":   "postgres://" + "admin:s3cr3tpass@db.internal/x",
	"aws-access-key":    "AKIA" + "ABCDEFGHIJKLMNOP " + strings.Repeat("k", 40),
	"gcp-api-key":       "AIzaSy" + "A" + strings.Repeat("b", 32),
	"stripe-key":        "sk_live_" + strings.Repeat("c", 24),
	"azure-storage-key": "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=" + strings.Repeat("d", 86) + "==",
	"jwt":               "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
}

func TestSealFindsSecretsAnywhere(t *testing.T) {
	for rule, secret := range planted {
		t.Run(rule, func(t *testing.T) {
			quoted, _ := json.Marshal("before " + secret + " after")
			back, object := seal(t, evidence.Subject{
				Type: "t", ID: "1", Name: secret, Tags: map[string]string{"a": secret, "b": "plain"},
				Doc: json.RawMessage(fmt.Sprintf(`{"deep":[{"x":%s}],"y":"kept"}`, quoted)),
			})
			inJSON, _ := json.Marshal(secret)
			if strings.Contains(object, strings.Trim(string(inJSON), `"`)) {
				t.Fatalf("the secret is in the sealed bytes: %s", object)
			}
			want := []evidence.Redaction{{Path: "/deep/0/x", Rule: rule}, {Path: "name", Rule: rule}, {Path: "tags/a", Rule: rule}}
			if fmt.Sprint(back.Redacted) != fmt.Sprint(want) {
				t.Errorf("redacted %v, want %v", back.Redacted, want)
			}
			if !strings.Contains(object, `"y":"kept"`) || back.Tags["b"] != "plain" {
				t.Errorf("more than the secret was replaced: %s", object)
			}
		})
	}
}

func TestSealFindsBothHalvesOfAKey(t *testing.T) {
	_, object := seal(t, evidence.Subject{Type: "t", ID: "1", Doc: json.RawMessage(
		`{"AWS_ACCESS_KEY_ID":"AKIA` + `ABCDEFGHIJKLMNOP","AWS_SECRET_ACCESS_KEY":"` + strings.Repeat("k", 40) + `"}`)})
	if strings.Contains(object, "AKIAABCD") || strings.Contains(object, "kkkkkk") {
		t.Errorf("half of the key is left: %s", object)
	}
}

// TestSealTellsWhichDeclaredValuesAreSecrets holds that the detector looks at what the schema replaces, and that both
// halves of a key are found where only one of them is declared.
func TestSealTellsWhichDeclaredValuesAreSecrets(t *testing.T) {
	secret := strings.Repeat("k", 40)
	back, object := seal(t, evidence.Subject{Type: "t", ID: "1", Doc: json.RawMessage(`{"env":{"A":"eu-west-1","B":"` +
		planted["github-token"] + `","C":"` + secret + `"},"password":{"deep":"` + planted["stripe-key"] +
		`"},"id":"AKIA` + `ABCDEFGHIJKLMNOP"}`)})
	want := []evidence.Redaction{
		{Path: "/env/A", Rule: RuleDeclared},
		{Path: "/env/B", Rule: RuleDeclared, Found: "github-token"},
		{Path: "/env/C", Rule: RuleDeclared, Found: "aws-access-key"},
		{Path: "/id", Rule: "aws-access-key"},
		{Path: "/password", Rule: RuleDeclared, Found: "stripe-key"},
	}
	if fmt.Sprint(back.Redacted) != fmt.Sprint(want) {
		t.Errorf("redacted %v, want %v", back.Redacted, want)
	}
	for _, text := range []string{"ghp_", "kkkk", "sk_live_", "AKIA", "eu-west-1"} {
		if strings.Contains(object, text) {
			t.Errorf("%s is in the sealed bytes: %s", text, object)
		}
	}
}

func TestSealLeavesTheRestAlone(t *testing.T) {
	doc := `{"Arn":"arn:aws:iam::123456789012:role/x","Url":"https://example.com/a@b","n":12345678901234567890,"s":"a\"b"}`
	back, _ := seal(t, evidence.Subject{Type: "t", ID: "1", Doc: json.RawMessage(doc)})
	if string(back.Doc) != `{"Arn":"arn:aws:iam::123456789012:role/x","Url":"https://example.com/a@b","n":12345678901234567890,"s":"a\"b"}` {
		t.Errorf("the document became %s", back.Doc)
	}
	if len(back.Redacted) > 0 {
		t.Errorf("redacted %v", back.Redacted)
	}
}

// TestSealWritesWhatEncodeWrites holds the written envelope against the one encoding of package evidence.
func TestSealWritesWhatEncodeWrites(t *testing.T) {
	for _, s := range []evidence.Subject{
		{Type: "t", ID: "1", Doc: json.RawMessage(`{}`)},
		{Type: "t", ID: "a\"<é\u2028", Name: "n", Doc: json.RawMessage(`[1]`), Tags: map[string]string{"b": "1", "a": "<"},
			Missing: map[string]evidence.Missing{"P": {Operation: "o", Outcome: "denied", Code: "c"}}},
		{Type: "t", ID: "1", Doc: json.RawMessage(`{}`), Tags: map[string]string{"\U0001F600": "1", "\ue000": "2", "a": "é"}},
		{Type: "t", ID: "1", Doc: json.RawMessage(`{}`), Tags: map[string]string{"Z": "", "a\"": "x", "_": "y"}},
	} {
		want, err := evidence.Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, got := seal(t, s); got != string(want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// FuzzSeal holds that sealing any document gives canonical JSON in which no declared value is left.
func FuzzSeal(f *testing.F) {
	f.Add([]byte(`{"password":"x\\\"","keys":[{"id":{}}],"env":{"a":[1,{"b":"}"}]}}`))
	f.Add([]byte(`[{"keys":["https://a:b@c"]}]`))
	sealer := NewSealer(sealSchema, []byte("key"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		object, err := sealer.Seal(evidence.Subject{Type: "t", ID: "1", Doc: bytes.Clone(doc)})
		if err != nil {
			return
		}
		again, err := evidence.Canonical(bytes.Clone(object))
		if err != nil || !bytes.Equal(again, object) {
			t.Fatalf("%s sealed to %s: %v", doc, object, err)
		}
		var back struct {
			Doc json.RawMessage `json:"doc"`
		}
		if err := json.Unmarshal(object, &back); err != nil {
			t.Fatal(err)
		}
		var top map[string]json.RawMessage
		if json.Unmarshal(back.Doc, &top) != nil {
			return
		}
		p, ok := top["password"]
		if ok && string(p) != "null" && string(p) != `""` && !strings.HasPrefix(string(p), `"[redacted`) {
			t.Fatalf("%s kept its password: %s", doc, object)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	statement := `{"Sid":"AllowThing","Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::bucket-%d/*"}`
	var statements []string
	for i := range 14 {
		statements = append(statements, fmt.Sprintf(statement, i))
	}
	policy, _ := json.Marshal(`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`)
	doc := []byte(fmt.Sprintf(`{"Arn":"arn:aws:s3:::bucket","Policy":%s,"Region":"eu-west-1","Url":"https://example.com/x"}`, policy))
	sealer := NewSealer(evidence.Schema{Type: "t"}, []byte("key"))
	b.SetBytes(int64(len(doc)))
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			if _, err := sealer.Seal(evidence.Subject{Type: "t", ID: "1", Doc: bytes.Clone(doc)}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("canonical", func(b *testing.B) {
		for b.Loop() {
			evidence.Canonical(bytes.Clone(doc))
		}
	})
	b.Run("suspects", func(b *testing.B) {
		for b.Loop() {
			sealer.detector.suspects(doc)
		}
	})
}
