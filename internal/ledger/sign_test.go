package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// testKey makes the same key for the same seed.
func testKey(t testing.TB, seed byte, origin string) *Key {
	t.Helper()
	k, err := GenerateKey(rand.NewChaCha8([32]byte{seed}), origin)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestCheckpoint(t *testing.T) {
	k, other := testKey(t, 1, "example.com/log"), testKey(t, 2, "example.com/log")
	c := Checkpoint{Origin: "example.com/log", Size: 7, Root: LeafHash([]byte("x"))}
	signed, err := c.Sign(k)
	if err != nil {
		t.Fatal(err)
	}
	got, err := OpenCheckpoint(signed, k.Verifier())
	if err != nil || got != c {
		t.Fatalf("opened %+v, %v", got, err)
	}
	if _, err := OpenCheckpoint(signed, other.Verifier()); !errors.Is(err, ErrSignature) {
		t.Errorf("another key: %v", err)
	}
	renamed := testKey(t, 1, "example.com/other")
	if _, err := OpenCheckpoint(signed, renamed.Verifier()); err == nil {
		t.Error("the same key under another name passes")
	}
	if _, err := (Checkpoint{Origin: "example.com/other"}).Sign(k); err == nil {
		t.Error("signed another log's checkpoint")
	}
	for i := range signed {
		bad := bytes.Clone(signed)
		bad[i] ^= 1
		if got, err := OpenCheckpoint(bad, k.Verifier()); err == nil {
			t.Errorf("byte %d flipped: opened %+v", i, got)
		}
	}
	for n := range signed {
		if _, err := OpenCheckpoint(signed[:n], k.Verifier()); err == nil {
			t.Errorf("cut at %d: opened", n)
		}
	}
}

func TestParseCheckpoint(t *testing.T) {
	root := EmptyRoot().String()
	tests := map[string]string{
		"empty":             "",
		"no origin":         "\n0\n" + root + "\n",
		"two lines":         "o\n0\n",
		"extension":         "o\n0\n" + root + "\nmore\n",
		"negative":          "o\n-1\n" + root + "\n",
		"leading zero":      "o\n01\n" + root + "\n",
		"plus":              "o\n+1\n" + root + "\n",
		"too large":         "o\n9223372036854775808\n" + root + "\n",
		"short root":        "o\n1\nAAAA\n",
		"root in hex":       "o\n1\n" + strings.Repeat("00", 32) + "\n",
		"no final newline":  "o\n1\n" + root,
		"root with padding": "o\n1\n" + root[:len(root)-2] + "9=\n", // the same bytes, spelt with stray bits
	}
	for name, text := range tests {
		if c, err := ParseCheckpoint(text); err == nil {
			t.Errorf("%s: parsed %+v", name, c)
		}
	}
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add(Checkpoint{Origin: "o", Size: 3, Root: EmptyRoot()}.Text())
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := ParseCheckpoint(text); err == nil && c.Text() != text {
			t.Errorf("%q has two spellings: %q", text, c.Text())
		}
	})
}

func FuzzOpenCheckpoint(f *testing.F) {
	k := testKey(f, 1, "example.com/log")
	signed, err := Checkpoint{Origin: "example.com/log", Size: 1, Root: EmptyRoot()}.Sign(k)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := OpenCheckpoint(b, k.Verifier()); err == nil && !strings.HasPrefix(string(b), c.Text()+"\n") {
			t.Errorf("opened %+v from %q", c, b)
		}
	})
}

func TestKey(t *testing.T) {
	k := testKey(t, 1, "example.com/log")
	text := k.Marshal()
	again, err := ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	if again.Verifier() != k.Verifier() || again.Origin() != "example.com/log" ||
		!bytes.Equal(again.Redaction(), k.Redaction()) || !bytes.Equal(again.Marshal(), text) {
		t.Error("the key is another one after reading it")
	}
	if len(k.Redaction()) != 32 || bytes.Contains(k.private, k.Redaction()) {
		t.Error("the redaction key is not a key of its own")
	}
	k.Redaction()[0]++ // a copy
	if !bytes.Equal(again.Redaction(), k.Redaction()) {
		t.Error("the redaction key can be changed from outside")
	}
	for _, origin := range []string{"", "a b", "a+b", "a\nb", "\xff"} {
		if _, err := GenerateKey(rand.NewChaCha8([32]byte{}), origin); err == nil {
			t.Errorf("made a key for %q", origin)
		}
	}
	if _, err := GenerateKey(strings.NewReader("too short"), "o"); err == nil {
		t.Error("made a key of nine bytes")
	}
}

func TestParseKeyErrors(t *testing.T) {
	good := string(testKey(t, 1, "example.com/log").Marshal())
	lines := strings.SplitAfter(good, "\n")
	tests := map[string]string{
		"empty":             "",
		"header only":       lines[0],
		"another header":    "exhibit key 2\n" + lines[1] + lines[2],
		"signing key only":  lines[0] + lines[1],
		"verifier":          lines[0] + testKey(t, 1, "example.com/log").Verifier() + "\n" + lines[2],
		"lines exchanged":   lines[0] + lines[2] + lines[1],
		"short redaction":   lines[0] + lines[1] + "REDACTION+KEY+AAAA\n",
		"another hash":      lines[0] + strings.Replace(lines[1], "log+", "log+0", 1) + lines[2],
		"carriage returns":  strings.ReplaceAll(good, "\n", "\r\n"),
		"something between": lines[0] + "\n" + lines[1] + lines[2],
		"something behind":  good + "x",
	}
	secret := strings.TrimSpace(lines[1][strings.LastIndex(lines[1], "+")+1:])
	for name, text := range tests {
		_, err := ParseKey([]byte(text))
		if err == nil {
			t.Errorf("%s: parsed", name)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
	}
}

func TestKeyNeverPrints(t *testing.T) {
	k := testKey(t, 1, "example.com/log")
	var out strings.Builder
	for _, v := range []any{k, struct{ K *Key }{k}, []*Key{k}, map[string]*Key{"k": k}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb, v)
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Error(err)
		}
		out.Write(b)
	}
	for _, secret := range []string{string(k.private.Seed()), fmt.Sprintf("%x", k.private.Seed()), fmt.Sprint([]byte(k.private.Seed())),
		fmt.Sprintf("%x", k.redaction[:]), "PRIVATE"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("printed: %s", out.String())
		}
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add(testKey(f, 1, "example.com/log").Marshal())
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := ParseKey(b)
		if err != nil {
			return
		}
		if _, err := (Checkpoint{Origin: k.Origin(), Root: EmptyRoot()}).Sign(k); err != nil {
			t.Errorf("a key that was read does not sign: %v", err)
		}
	})
}

func TestSSH(t *testing.T) {
	k, other := testKey(t, 1, "example.com/log"), testKey(t, 2, "example.com/log")
	const message = "the manifest\n"
	sig, err := SSHSign(k, "exhibit-bundle", strings.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	if err := SSHVerify(k.Verifier(), "exhibit-bundle", strings.NewReader(message), sig); err != nil {
		t.Fatal(err)
	}
	tests := map[string]error{
		"another key":       SSHVerify(other.Verifier(), "exhibit-bundle", strings.NewReader(message), sig),
		"another namespace": SSHVerify(k.Verifier(), "file", strings.NewReader(message), sig),
		"another message":   SSHVerify(k.Verifier(), "exhibit-bundle", strings.NewReader("the manifest"), sig),
		"no verifier":       SSHVerify("", "exhibit-bundle", strings.NewReader(message), sig),
		"something before":  SSHVerify(k.Verifier(), "exhibit-bundle", strings.NewReader(message), append([]byte("x\n"), sig...)),
		"something behind":  SSHVerify(k.Verifier(), "exhibit-bundle", strings.NewReader(message), append(bytes.Clone(sig), '\n')),
		"no message":        SSHVerify(k.Verifier(), "exhibit-bundle", failing{}, sig),
	}
	for name, err := range tests {
		if err == nil {
			t.Errorf("%s: verified", name)
		}
	}
	for i := range sig {
		bad := bytes.Clone(sig)
		bad[i] ^= 1
		if SSHVerify(k.Verifier(), "exhibit-bundle", strings.NewReader(message), bad) == nil {
			t.Errorf("byte %d flipped: verified", i)
		}
	}
	if _, err := SSHSign(k, "", strings.NewReader(message)); err == nil {
		t.Error("signed without a namespace")
	}
	if _, err := SSHSign(k, "n", failing{}); err == nil {
		t.Error("signed what could not be read")
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestSSHKeygen proves that OpenSSH agrees, both with what it should accept and with what not.
func TestSSHKeygen(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("ssh-keygen is needed: ", err)
		}
		t.Skip("ssh-keygen is not on this machine")
	}
	k := testKey(t, 1, "example.com/log")
	const namespace = "exhibit-bundle"
	message := strings.Repeat("a line of a manifest\n", 10_000)
	sig, err := SSHSign(k, namespace, strings.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	allowed, err := AllowedSigner(k.Verifier(), namespace)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range map[string][]byte{"sig": sig, "allowed": []byte(allowed)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	verify := func(namespace, message string) error {
		cmd := exec.CommandContext(t.Context(), "ssh-keygen", "-Y", "verify", "-f", filepath.Join(dir, "allowed"),
			"-I", "example.com/log", "-n", namespace, "-s", filepath.Join(dir, "sig"))
		cmd.Stdin = strings.NewReader(message)
		out, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	if err := verify(namespace, message); err != nil {
		t.Errorf("ssh-keygen does not verify: %v", err)
	}
	if verify(namespace, message+"x") == nil {
		t.Error("ssh-keygen verifies a changed message")
	}
	if verify("file", message) == nil {
		t.Error("ssh-keygen verifies under another namespace")
	}
}

// TestSSHKeygenSigns proves that a signature by OpenSSH verifies here.
func TestSSHKeygenSigns(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("ssh-keygen is needed: ", err)
		}
		t.Skip("ssh-keygen is not on this machine")
	}
	dir := t.TempDir()
	run := func(stdin string, args ...string) []byte {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "ssh-keygen", args...)
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	key := filepath.Join(dir, "id")
	run("", "-q", "-t", "ed25519", "-N", "", "-f", key)
	sig := run("hello", "-Y", "sign", "-q", "-f", key, "-n", "exhibit-bundle")
	public, _, _, err := parseSSH(sig)
	if err != nil {
		t.Fatalf("%v:\n%s", err, sig)
	}
	verifier, err := note.NewEd25519VerifierKey("example.com/log", public[len(public)-32:])
	if err != nil {
		t.Fatal(err)
	}
	if err := SSHVerify(verifier, "exhibit-bundle", strings.NewReader("hello"), sig); err != nil {
		t.Error(err)
	}
}

func TestAllowedSigner(t *testing.T) {
	for _, namespace := range []string{"", `a"b`, "a b", "a,b", "*"} {
		line, err := AllowedSigner(testKey(t, 1, "example.com/log").Verifier(), namespace)
		if err == nil {
			t.Errorf("namespace %q: %s", namespace, line)
		}
	}
	if _, err := AllowedSigner(testKey(t, 1, "a,b").Verifier(), "n"); err == nil {
		t.Error("a name that is two principals passes")
	}
	if _, err := AllowedSigner("nonsense", "n"); err == nil {
		t.Error("no verifier passes")
	}
}

func FuzzParseSSH(f *testing.F) {
	sig, err := SSHSign(testKey(f, 1, "o"), "n", strings.NewReader("m"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sig)
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, ns, sig, err := parseSSH(b); err == nil && (len(sig) != 64 || len(ns) > len(b)) {
			t.Errorf("parsed %q", b)
		}
	})
}
