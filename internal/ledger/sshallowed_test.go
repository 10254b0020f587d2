package ledger

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

// sshLine is a key as OpenSSH writes it.
func sshLine(k *Key) string {
	return "ssh-ed25519 " + base64.StdEncoding.EncodeToString(sshPublic(k.public()))
}

func TestSSHAllowed(t *testing.T) {
	ann, ben := sshLine(testKey(t, 1, "ann")), sshLine(testKey(t, 2, "ben"))
	for _, tc := range []struct {
		name, file string
		want       int    // keys of ann in namespace "n"
		err        string // or the error
	}{
		{"hers", "ann " + ann + " ann@laptop\n", 1, ""},
		{"one of many", "ben,ann " + ann + "\n", 1, ""},
		{"two", "# people\n\nann " + ann + "\nann " + ben, 2, ""},
		{"another's", "ben " + ben, 0, ""},
		{"a part of a name", "joann,an " + ann, 0, ""},
		{"her namespace", `ann namespaces="m,n" ` + ann, 1, ""},
		{"another namespace", `ann namespaces="m" ` + ann, 0, ""},
		{"a key of another kind", "ann ecdsa-sha2-nistp256 AAAA", 0, ""},
		{"everybody", "* " + ann, 0, "line 1: principals"},
		{"everybody's namespace", `ann namespaces="*" ` + ann, 0, "without patterns"},
		{"an authority", "\nann cert-authority " + ann, 0, "line 2: expected principals"},
		{"for a time", `ann valid-before="20300101" ` + ann, 0, "expected principals"},
		{"a damaged key", "ann " + ann[:len(ann)-4], 0, "not an Ed25519 key"},
		{"no key", "ann", 0, "expected principals"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			keys, err := SSHAllowed([]byte(tc.file), "ann", "n")
			if len(keys) != tc.want || (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("got %q, %v", keys, err)
			}
		})
	}
}

func TestSSHSignedBy(t *testing.T) {
	ann, ben := testKey(t, 1, "ann"), testKey(t, 2, "ben")
	armored, err := SSHSign(ann, "n", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{sshLine(ben), sshLine(ann)}
	if key, err := SSHSignedBy(keys, "n", []byte("hello"), armored); err != nil || key != keys[1] {
		t.Errorf("got %q, %v", key, err)
	}
	for _, tc := range []struct {
		name, space, message string
		keys                 []string
	}{
		{"another key", "n", "hello", keys[:1]},
		{"no keys", "n", "hello", nil},
		{"another namespace", "m", "hello", keys},
		{"another message", "n", "hallo", keys},
		{"no key at all", "n", "hello", []string{"ssh-ed25519 AAAA"}},
	} {
		if key, err := SSHSignedBy(tc.keys, tc.space, []byte(tc.message), armored); err == nil {
			t.Errorf("%s: verified by %s", tc.name, key)
		}
	}
	if _, err := SSHSignedBy(keys[:1], "n", []byte("hello"), armored); !errors.Is(err, ErrSignature) {
		t.Errorf("another key: %v", err)
	}
}

func FuzzSSHAllowed(f *testing.F) {
	f.Add([]byte(`ann namespaces="n" ssh-ed25519 AAAA c`))
	f.Fuzz(func(t *testing.T, file []byte) {
		keys, err := SSHAllowed(file, "ann", "n")
		if err != nil && keys != nil {
			t.Error("keys beside an error")
		}
		for _, k := range keys {
			if _, err := sshKey(k); err != nil {
				t.Errorf("%q: %v", k, err)
			}
		}
	})
}
