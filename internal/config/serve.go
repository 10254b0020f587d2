package config

import (
	"net"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/evidence"
	"exhibit/internal/strictyaml"
)

// Serve says how the daemon listens and ends.
type Serve struct {
	// Listen is the address of the report, on this machine alone. Default: a free port of 127.0.0.1.
	Listen string
	// Monitor is where /healthz, /readyz and /metrics are; no address, and nothing listens.
	Monitor string
	// MonitorToken must be named by who asks the monitor. Wider than this machine, there is no monitor without one.
	MonitorToken Secret
	// Grace is how long what is under way may take to end when the daemon is stopped. Default: 30s.
	Grace evidence.Duration
}

const defaultGrace = evidence.Duration(30 * time.Second)

// parseServe reads the section; a zero node is none.
func parseServe(file string, n *yaml.Node) (Serve, error) {
	s := Serve{Listen: "127.0.0.1:0", Grace: defaultGrace}
	if n.IsZero() {
		return s, nil
	}
	var raw struct {
		Listen  yaml.Node `yaml:"listen"`
		Monitor struct {
			Listen yaml.Node `yaml:"listen"`
			Token  Secret    `yaml:"token"`
		} `yaml:"monitor"`
		Grace yaml.Node `yaml:"grace"`
	}
	if err := strictyaml.DecodeNode(file, n, &raw); err != nil {
		return s, err
	}
	var errs strictyaml.Errors
	address := func(key string, n *yaml.Node, to *string) {
		if n.IsZero() {
			return
		}
		*to = n.Value
		if _, _, err := net.SplitHostPort(n.Value); err != nil {
			errs = append(errs, strictyaml.At(file, n, "%s %q: expected host:port, such as 127.0.0.1:7080", key, n.Value))
		}
	}
	address("listen", &raw.Listen, &s.Listen)
	address("monitor.listen", &raw.Monitor.Listen, &s.Monitor)
	s.MonitorToken = raw.Monitor.Token.in(filepath.Dir(file))
	if len(errs) == 0 && !loopback(s.Listen) {
		errs = append(errs, strictyaml.At(file, &raw.Listen,
			"listen %q: the report is for this machine alone, as it asks for no password: expected 127.0.0.1:7080", s.Listen))
	}
	if len(errs) == 0 && s.Monitor != "" && !loopback(s.Monitor) && s.MonitorToken.Unset() {
		errs = append(errs, strictyaml.At(file, &raw.Monitor.Listen,
			"monitor.listen %q is reached from other machines: expected a token beside it, such as token: { env: NAME }", s.Monitor))
	}
	if !raw.Grace.IsZero() {
		grace, err := evidence.ParseDuration(raw.Grace.Value)
		if err != nil || grace <= 0 {
			errs = append(errs, strictyaml.At(file, &raw.Grace, "grace %q: expected a duration such as 30s", raw.Grace.Value))
		}
		s.Grace = grace
	}
	return s, errs.Or()
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	return loopbackHost(host)
}

func loopbackHost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
