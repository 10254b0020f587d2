package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"exhibit/internal/simcloud"
	"exhibit/testdata/estates"
)

// TestMain lets the scripts run the program itself, in a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"exhibit": main})
}

// TestScripts runs testdata/scripts/*.txtar. Each script has a simulated cloud of its own: $AWS_URL, $GCP_URL, $AZURE_URL and
// $GITHUB_URL, with credentials in the environment that only it knows, and the commands below.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "scripts"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE") != "",
		Setup:               setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"day": cmdDay, "fault": cmdFault, "flip": cmdFlip, "truncate": cmdTruncate, "mode": cmdMode, "waitfile": cmdWaitFile,
			"slow": cmdSlow, "waitrequests": cmdWaitRequests, "freeport": cmdFreePort, "expand": cmdExpand,
			"fetch": cmdFetch, "waitfor": cmdWaitFor, "mailserver": cmdMailServer,
		},
	})
}

type cloudKey struct{}

func setup(env *testscript.Env) error {
	folder, err := fs.Sub(estates.FS, "demo")
	if err != nil {
		return err
	}
	estate, err := simcloud.Load(folder)
	if err != nil {
		return err
	}
	estate.Base = time.Now().UTC().Truncate(time.Hour)
	cloud, err := simcloud.New(estate, simcloud.Options{})
	if err != nil {
		return err
	}
	if err := cloud.Start(context.Background()); err != nil {
		return err
	}
	env.Defer(func() { cloud.Close() })
	env.Values[cloudKey{}] = cloud
	keyFile, err := cloud.GCPKeyFile()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(env.WorkDir, "gcp-key.json"), keyFile, 0o600); err != nil {
		return err
	}
	account := cloud.Accounts("aws")[0]
	id, secret := simcloud.AWSKey(account)
	for name, value := range map[string]string{
		"HOME": env.WorkDir, "AWS_EC2_METADATA_DISABLED": "true", "AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY": secret,
		"AWS_ENDPOINT_URL": cloud.URL("aws"), "AWS_URL": cloud.URL("aws"), "GCP_URL": cloud.URL("gcp"), "AZURE_URL": cloud.URL("azure"),
		"GITHUB_URL": cloud.URL("github"), "AZURE_TOKEN": simcloud.Token("azure"), "GITHUB_TOKEN": simcloud.Token("github"),
		"ACCOUNT": account, "EXHIBIT_PACE": "1000", "TODAY": time.Now().UTC().Format(time.DateOnly),
		"SOON": time.Now().UTC().AddDate(0, 0, 10).Format(time.DateOnly),
	} {
		env.Setenv(name, value)
	}
	return nil
}

func cloudOf(ts *testscript.TestScript) *simcloud.Cloud {
	return ts.Value(cloudKey{}).(*simcloud.Cloud)
}

// day N lets the cloud be at day N.
func cmdDay(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: day N")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	ts.Check(cloudOf(ts).SetDay(n))
}

// fault OPERATION KIND [REGION] makes requests go wrong; "fault none" undoes all.
func cmdFault(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: fault OPERATION KIND [REGION] | fault none")
	}
	if args[0] == "none" {
		cloudOf(ts).ClearFaults()
		return
	}
	f := simcloud.Fault{Kind: simcloud.FaultKind(args[1])}
	if len(args) > 2 {
		f.Region = args[2]
	}
	ts.Check(cloudOf(ts).Fault(args[0], f))
}

// slow DURATION lets every answer wait; "slow 0s" undoes all faults.
func cmdSlow(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: slow DURATION")
	}
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	cloudOf(ts).ClearFaults()
	if d > 0 {
		ts.Check(cloudOf(ts).Fault("*", simcloud.Fault{Kind: simcloud.Slow, Latency: d}))
	}
}

// waitrequests N waits until the cloud was asked that often.
func cmdWaitRequests(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitrequests N")
	}
	n, err := strconv.ParseInt(args[0], 10, 64)
	ts.Check(err)
	waitFor(ts, args[0]+" requests", func() bool { return cloudOf(ts).Requests() >= n })
}

// waitFor waits until something is so.
func waitFor(ts *testscript.TestScript, what string, is func() bool) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 4000 {
		if is() {
			return
		}
		<-tick.C
	}
	ts.Fatalf("waited in vain for %s", what)
}

// flip FILE OFFSET changes one byte; a negative offset counts from the end.
func cmdFlip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: flip FILE OFFSET")
	}
	path := ts.MkAbs(args[0])
	b, err := os.ReadFile(path)
	ts.Check(err)
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	if n < 0 {
		n += len(b)
	}
	b[n] ^= 1
	ts.Check(os.WriteFile(path, b, 0o600))
}

// truncate FILE BYTES cuts a file.
func cmdTruncate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: truncate FILE BYTES")
	}
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}

// mode FILE OCTAL demands a file's permissions.
func cmdMode(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: mode FILE OCTAL")
	}
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%o", info.Mode().Perm()); (got == strings.TrimPrefix(args[1], "0")) == neg {
		ts.Fatalf("%s has mode %s", args[0], got)
	}
}

// waitfile FILE waits until a file is there.
func cmdWaitFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitfile FILE")
	}
	waitFor(ts, args[0], func() bool {
		_, err := os.Stat(ts.MkAbs(args[0]))
		return err == nil
	})
}
