package daemon

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"exhibit/internal/web"
)

// certificate writes a certificate of this machine's address and its key, and returns what trusts it.
func certificate(t *testing.T, cert, key string) *x509.CertPool {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(parsed)
	return pool
}

// TestInletListens answers strangers over TLS, beside the report, and refuses a certificate that is none.
func TestInletListens(t *testing.T) {
	o := newOffice(t)
	in := &o.Config.Inlet
	in.Listen, in.Cert, in.Key = "127.0.0.1:0", filepath.Join(o.dir, "cert.pem"), filepath.Join(o.dir, "key.pem")
	o.Config.Serve.Listen = ""
	addresses := map[string]string{}
	s, err := newService(ServeOptions{App: o.App, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Who: "test",
		Page: func(*App) web.Page { return web.Page{} }, Listening: func(what, address string) { addresses[what] = address }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.listen(); err == nil || !strings.Contains(err.Error(), "inlet: tls") {
		t.Fatalf("without a certificate: %v", err)
	}
	pool := certificate(t, in.Cert, in.Key)
	l, err := s.listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, len(l.all))
	for _, one := range l.all {
		go func() { ended <- one.serve(ctx) }()
	}
	defer func() {
		stop()
		for range l.all {
			<-ended
		}
	}()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	defer client.CloseIdleConnections()
	resp, err := client.Post("https://"+addresses["inlet"]+"/v1/ingest/shop", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); resp.StatusCode != http.StatusUnauthorized || err != nil || !strings.Contains(string(body), "Bearer") {
		t.Errorf("a stranger: %s %s %v", resp.Status, body, err)
	}
	if resp.TLS == nil || len(addresses) != 1 {
		t.Errorf("listens at %v", addresses)
	}
}
