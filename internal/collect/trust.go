package collect

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
)

// trust adds the certificates of AWS_CA_BUNDLE, which the AWS tools read too, to those of the system: behind a proxy
// that looks into TLS nothing can be reached without. A file that cannot be read adds nothing; the provider says so
// when it opens, or the connection does.
func trust(t *http.Transport, getenv func(string) string) {
	file := getenv("AWS_CA_BUNDLE")
	if file == "" {
		return
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	pool.AppendCertsFromPEM(pem)
	t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}
