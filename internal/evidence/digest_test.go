package evidence

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestDigestText(t *testing.T) {
	d := Sum([]byte("abc"))
	const want = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if d.String() != want {
		t.Fatalf("got %s, want %s", d, want)
	}
	b, err := json.Marshal(map[string]Digest{"d": d, "none": {}})
	if err != nil {
		t.Fatal(err)
	}
	var back map[string]Digest
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if back["d"] != d || !back["none"].IsZero() {
		t.Errorf("%s came back as %v", b, back)
	}
}

func TestParseDigestRefuses(t *testing.T) {
	good := Sum(nil).String()
	for _, s := range []string{"", "sha256:", good[7:], strings.ToUpper(good), good + "0", good[:len(good)-1] + "g", "sha1:" + good[7:]} {
		if d, err := ParseDigest(s); err == nil {
			t.Errorf("ParseDigest(%q) = %v, want an error", s, d)
		}
	}
}

func TestDuration(t *testing.T) {
	for in, want := range map[string]string{"26h": "26h0m0s", "90d": "90d", "1d12h": "36h0m0s", "48h": "2d", "0d": "0s"} {
		d, err := ParseDuration(in)
		if err != nil || d.String() != want {
			t.Errorf("ParseDuration(%q) = %s, %v, want %s", in, d, err, want)
		}
	}
	for _, in := range []string{"", "d", "90", "-1d", "1w", "1dx"} {
		if d, err := ParseDuration(in); err == nil {
			t.Errorf("ParseDuration(%q) = %s, want an error", in, d)
		}
	}
}
