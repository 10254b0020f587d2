package git_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	gogit "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// TestOpenPGP verifies as of the time that a commit states, so that a key that has ended since leaves its signatures good.
func TestOpenPGP(t *testing.T) {
	c := newClone(t)
	made := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	config := &packet.Config{Time: func() time.Time { return made }, KeyLifetimeSecs: 30 * 24 * 3600}
	key, err := openpgp.NewEntity("Ann", "", "ann@example.com", config)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := openpgp.NewEntity("Bob", "", "bob@example.com", config)
	if err != nil {
		t.Fatal(err)
	}
	var ring bytes.Buffer
	w, err := armor.Encode(&ring, openpgp.PublicKeyType, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := key.Serialize(w); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	keyring := c.file(ring.String())
	for _, tt := range []struct {
		name    string
		by      *openpgp.Entity
		days    int
		keyring string
		want    string
	}{
		{"while the key was good", key, 10, keyring, "openpgp true"},
		{"after it ended", key, 40, keyring, "openpgp false"},
		{"by a key that is not in the ring", stranger, 10, keyring, "openpgp false"},
		{"without a ring", key, 10, "", "openpgp <nil>"},
	} {
		id := c.signed(tt.by, made.AddDate(0, 0, tt.days))
		section := map[string]any{"path": c.dir}
		if tt.keyring != "" {
			section["keyring"] = tt.keyring
		}
		doc, _ := collectClone(t, section).docs["git.commit"][id]["signature"].(map[string]any)
		if got := fmt.Sprint(doc["format"], " ", doc["verified"]); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		if named := doc["key"] != nil; named != (tt.want == "openpgp true") {
			t.Errorf("%s: key %v", tt.name, doc["key"])
		}
	}
}

// signed makes a commit that states a time, by a key that signs while it can.
func (c *clone) signed(by *openpgp.Entity, at time.Time) string {
	c.t.Helper()
	repository, err := gogit.PlainOpen(c.dir)
	if err != nil {
		c.t.Fatal(err)
	}
	who := object.Signature{Name: "Ann", Email: "ann@example.com", When: at}
	commit := &object.Commit{Author: who, Committer: who, Message: "signed\n", TreeHash: plumbing.NewHash(c.git("write-tree"))}
	text, into := &plumbing.MemoryObject{}, &plumbing.MemoryObject{}
	if err := commit.EncodeWithoutSignature(text); err != nil {
		c.t.Fatal(err)
	}
	reader, err := text.Reader()
	if err != nil {
		c.t.Fatal(err)
	}
	var signature bytes.Buffer
	early := &packet.Config{Time: func() time.Time { return by.PrimaryKey.CreationTime.AddDate(0, 0, 1) }}
	if err := openpgp.ArmoredDetachSign(&signature, by, reader, early); err != nil {
		c.t.Fatal(err)
	}
	commit.PGPSignature = signature.String() + "\n"
	if err := commit.Encode(into); err != nil {
		c.t.Fatal(err)
	}
	id, err := repository.Storer.SetEncodedObject(into)
	if err != nil {
		c.t.Fatal(err)
	}
	c.git("reset", "-q", "--hard", id.String())
	return id.String()
}
