package daemon

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// States that a service manager is told, as sd_notify(3) has them.
const (
	stateReady     = "READY=1"
	stateReloading = "RELOADING=1"
	stateStopping  = "STOPPING=1"
	stateAlive     = "WATCHDOG=1"
)

// manager is the service manager that started the process, by the socket in NOTIFY_SOCKET; without one, nothing is told.
type manager struct{ socket string }

func managerOf(getenv func(string) string) manager { return manager{getenv("NOTIFY_SOCKET")} }

// tell sends a state.
func (m manager) tell(state string) error {
	if m.socket == "" {
		return nil
	}
	name := m.socket
	if rest, ok := strings.CutPrefix(name, "@"); ok {
		name = "\x00" + rest // an abstract socket
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("tell the service manager: %w", err)
	}
	defer c.Close()
	if _, err := c.Write([]byte(state)); err != nil {
		return fmt.Errorf("tell the service manager: %w", err)
	}
	return nil
}

// watchdog is how often the manager wants to hear that the process is alive, halved; 0 when it does not ask.
func watchdog(getenv func(string) string) time.Duration {
	usec, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64)
	if err != nil || usec <= 0 {
		return 0
	}
	return time.Duration(usec) * time.Microsecond / 2
}
