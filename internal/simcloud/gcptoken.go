package simcloud

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// gcpKey is the key of the simulated service account, made when first asked for.
type gcpKey struct {
	once sync.Once
	key  *rsa.PrivateKey
	err  error
}

func (g *gcpKey) get() (*rsa.PrivateKey, error) {
	g.once.Do(func() { g.key, g.err = rsa.GenerateKey(rand.Reader, 2048) })
	return g.key, g.err
}

// gcpReader is the service account by which the simulated projects are read.
func gcpReader(w *world) string {
	project := "simulated"
	if all := w.accounts["gcp"]; len(all) > 0 {
		project = all[0]
	}
	return collector + "@" + project + ".iam.gserviceaccount.com"
}

// GCPKeyFile returns the text of a service-account key file: its key is new in each process, its token address is this
// cloud's, which must have been started.
func (c *Cloud) GCPKeyFile() ([]byte, error) {
	key, err := c.key.get()
	if err != nil {
		return nil, fmt.Errorf("make a service account's key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode a service account's key: %w", err)
	}
	w := c.world.Load()
	project := ""
	if all := w.accounts["gcp"]; len(all) > 0 {
		project = all[0]
	}
	return json.MarshalIndent(map[string]string{
		"type": "service_account", "project_id": project, "private_key_id": "simulated",
		"private_key":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"client_email": gcpReader(w), "client_id": "100000000000000000001",
		"auth_uri": c.URL("gcp") + "/auth", "token_uri": c.URL("gcp") + "/token", "universe_domain": "googleapis.com",
	}, "", "  ")
}

// gcpToken exchanges a signed assertion for the token.
func gcpToken(k *restCall) response {
	form, err := url.ParseQuery(string(k.body))
	if err != nil || form.Get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		return oauthError(k, "unsupported_grant_type", "Invalid grant_type")
	}
	if err := k.c.key.verify(form.Get("assertion"), gcpReader(k.w)); err != nil {
		return oauthError(k, "invalid_grant", "Invalid JWT: "+err.Error())
	}
	return k.object(map[string]any{"access_token": Token("gcp"), "expires_in": 3599, "token_type": "Bearer"})
}

func oauthError(k *restCall, code, text string) response {
	return k.json(http.StatusBadRequest, jsonText(map[string]any{"error": code, "error_description": text}))
}

// verify checks the signature and the issuer of a JSON Web Token; its times are no matter here.
func (g *gcpKey) verify(token, issuer string) error {
	key, err := g.get()
	if err != nil {
		return err
	}
	signed, signature, ok := cutLast(token, ".")
	if !ok {
		return fmt.Errorf("it is no token")
	}
	sig, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	sum := sha256.Sum256([]byte(signed))
	if err := rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], sig); err != nil {
		return err
	}
	_, body, _ := strings.Cut(signed, ".")
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return fmt.Errorf("claims: %w", err)
	}
	var claims struct{ Iss string }
	if err := json.Unmarshal(raw, &claims); err != nil || claims.Iss != issuer {
		return fmt.Errorf("it is issued by %q", claims.Iss)
	}
	return nil
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
