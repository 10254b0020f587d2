package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// unit is a systemd unit that may read the machine and write beside the store, and nothing else.
const unit = `[Unit]
Description=exhibit: compliance evidence that can be verified
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
ExecStart=%[1]s serve --quiet --log-format json --config %[2]s
ExecReload=/bin/kill -HUP $MAINPID
WorkingDirectory=%[3]s
User=exhibit
# Secrets, one NAME=value a line, for this service alone: chmod 600.
EnvironmentFile=-/etc/exhibit/environment
Restart=on-failure
RestartSec=10
WatchdogSec=120
TimeoutStopSec=%[4]d
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
UMask=0077
ReadWritePaths=%[5]s

[Install]
WantedBy=multi-user.target
`

// printUnit writes a systemd unit for the configuration and its store.
func (c *command) printUnit() error {
	cfg, err := c.configuration()
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program's file: %w", err)
	}
	file := c.configFile()
	stop := int(time.Duration(cfg.Serve.Grace).Seconds()) + 10
	_, err = fmt.Fprintf(c.stdout, unit, program, file, filepath.Dir(file), stop, filepath.Dir(cfg.Store))
	return err
}
