package daemon

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"exhibit/internal/config"
	"exhibit/internal/web"
)

// listeners are the addresses that are listened at, each with its server.
type listeners struct{ all []*listener }

type listener struct {
	what   string
	net    net.Listener
	server *http.Server
}

// listen opens all addresses, or none.
func (s *Service) listen() (*listeners, error) {
	l := &listeners{}
	cfg := s.App.Config.Serve
	monitoring := web.Monitoring{Metrics: s.gauges.registry, Ready: s.trouble}
	if !cfg.MonitorToken.Unset() {
		token, err := cfg.MonitorToken.Read(s.App.getenv)
		if err != nil {
			return nil, fmt.Errorf("%w: serve: monitor: %w", ErrConfig, err)
		}
		monitoring.Token = token
	}
	certificate, err := certificateOf(s.App.Config.Inlet)
	if err != nil {
		return nil, err
	}
	for _, one := range []struct {
		what, address string
		handler       http.Handler
	}{
		{"report", cfg.Listen, web.Handler(web.Page{Policy: s.Page(s.App).Policy, Render: s.render})},
		{"monitor", cfg.Monitor, web.Monitor(monitoring)},
		{"inlet", s.App.Config.Inlet.Listen, s.inlet()},
	} {
		if one.address == "" {
			continue
		}
		opened, err := net.Listen("tcp", one.address)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("listen for the %s: %w", one.what, err), l.close())
		}
		server := web.Server(one.handler)
		if one.what == "inlet" {
			server.ReadTimeout, server.WriteTimeout = deliveryTime, deliveryTime
			server.TLSConfig = certificate
		}
		l.all = append(l.all, &listener{one.what, opened, server})
		s.Listening(one.what, opened.Addr().String())
	}
	return l, nil
}

// deliveryTime is how long a delivery may take: 64 MiB over a slow line, and the judgement.
const deliveryTime = 10 * time.Minute

// certificateOf reads the inlet's certificate; nil when it has none.
func certificateOf(in config.Inlet) (*tls.Config, error) {
	if in.Cert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(in.Cert, in.Key)
	if err != nil {
		return nil, fmt.Errorf("%w: inlet: tls: %w", ErrConfig, err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}, nil
}

func (l *listeners) close() error {
	var errs []error
	for _, one := range l.all {
		errs = append(errs, one.net.Close())
	}
	return errors.Join(errs...)
}

// serve answers until ctx ends, and then finishes what it is answering.
func (l *listener) serve(ctx context.Context) error {
	ended := make(chan error, 1)
	go func() {
		if l.server.TLSConfig != nil {
			ended <- l.server.ServeTLS(l.net, "", "")
			return
		}
		ended <- l.server.Serve(l.net)
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	err := l.server.Shutdown(grace)
	<-ended
	return err
}

// render writes the report by the configuration of now.
func (s *Service) render(b *bytes.Buffer) error { return s.Page(s.app.Load()).Render(b) }
