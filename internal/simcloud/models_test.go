package simcloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	_ "github.com/aws/aws-sdk-go/aws/awserr" // keeps the module in go.mod, whose models are read
)

var update = flag.Bool("update", false, "cut Amazon's models down anew")

// modelFolders are the services whose folder in Amazon's module is not called like the service.
var modelFolders = map[string]string{"efs": "elasticfilesystem", "configservice": "config", "cloudwatchlogs": "logs",
	"cloudwatch": "monitoring", "ssoadmin": "sso-admin"}

// amazon returns the newest folder of a service in Amazon's module.
func amazon(t testing.TB, service string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go").Output()
	if err != nil {
		t.Fatalf("find Amazon's models: %v", err)
	}
	folder := service
	if f, ok := modelFolders[service]; ok {
		folder = f
	}
	versions, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "models", "apis", folder, "*"))
	if err != nil || len(versions) == 0 {
		t.Fatalf("no model of %s: %v", service, err)
	}
	return slices.Max(versions)
}

func readAny(t testing.TB, file string) map[string]any {
	t.Helper()
	var v map[string]any
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]any{}
	}
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return v
}

// modelled lists the operations to cut out, by service.
func modelled(t testing.TB) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	b, err := os.ReadFile("models/operations.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if words := strings.Fields(line); len(words) > 1 {
			out[words[0]] = words[1:]
		}
	}
	for _, s := range awsServices() {
		out[s.name] = slices.AppendSeq(out[s.name], maps.Keys(s.ops))
	}
	return out
}

// versioned is the end that CloudFront's operations have in its model.
var versioned = regexp.MustCompile(`\d{4}_\d{2}_\d{2}$`)

// wholeModel reads Amazon's model of a service, with the pages of its lists.
func wholeModel(t testing.TB, service string) map[string]any {
	t.Helper()
	from := amazon(t, service)
	whole := readAny(t, filepath.Join(from, "api-2.json"))
	pages, _ := readAny(t, filepath.Join(from, "paginators-1.json"))["pagination"].(map[string]any)
	ops := whole["operations"].(map[string]any)
	for _, name := range slices.Collect(maps.Keys(ops)) {
		plain := versioned.ReplaceAllString(name, "")
		ops[plain] = ops[name]
		if p, ok := pages[plain].(map[string]any); ok {
			ops[plain].(map[string]any)["pages"] = onePage(p)
		}
	}
	return whole
}

// cut makes the model of one service: Amazon's, with what models/supplement adds, less what no operation reaches.
func cut(t testing.TB, service string, operations []string) []byte {
	t.Helper()
	whole := wholeModel(t, service)
	whole = merge(whole, readAny(t, filepath.Join("models", "supplement", service+".json"))).(map[string]any)
	b, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	var m apiModel
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatalf("%s: %v", service, err)
	}
	small := apiModel{Metadata: m.Metadata, Operations: map[string]*apiOperation{}, Shapes: map[string]*apiShape{}}
	for _, name := range operations {
		op, ok := m.Operations[name]
		if !ok {
			t.Errorf("%s has no operation %s: models/supplement may say it", service, name)
			continue
		}
		small.Operations[name] = op
		for _, r := range append(op.Errors, op.Input, op.Output) {
			reach(&m, &small, r)
		}
	}
	return small.text(t)
}

// onePage takes the first of each member that an operation pages several lists with.
func onePage(p map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range p {
		if l, ok := v.([]any); ok {
			v = l[0]
		}
		out[k] = v
	}
	return out
}

// reach takes over the shape of r and those that it is made of.
func reach(from, to *apiModel, r *apiRef) {
	if r == nil || to.Shapes[r.Shape] != nil || from.Shapes[r.Shape] == nil {
		return
	}
	s := from.Shapes[r.Shape]
	if s.Exception {
		s.Members = nil // an error is code and message
	}
	if s.Type != "integer" && s.Type != "long" {
		s.Max = 0 // only page sizes matter
	}
	to.Shapes[r.Shape] = s
	for _, m := range s.Members {
		reach(from, to, m)
	}
	for _, m := range []*apiRef{s.Member, s.Key, s.Value} {
		reach(from, to, m)
	}
}

// text writes the model with a line for each operation and shape, in order.
func (a *apiModel) text(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	one := func(v any) {
		j, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(j)
	}
	b.WriteString(`{"metadata":`)
	one(a.Metadata)
	b.WriteString(",\n\"operations\":{")
	for i, name := range slices.Sorted(maps.Keys(a.Operations)) {
		b.WriteString(map[bool]string{true: "\n", false: ",\n"}[i == 0])
		one(name)
		b.WriteByte(':')
		one(a.Operations[name])
	}
	b.WriteString("},\n\"shapes\":{")
	for i, name := range slices.Sorted(maps.Keys(a.Shapes)) {
		b.WriteString(map[bool]string{true: "\n", false: ",\n"}[i == 0])
		one(name)
		b.WriteByte(':')
		one(a.Shapes[name])
	}
	b.WriteString("}}\n")
	return b.Bytes()
}

// TestModelsAreCurrent holds the models that are checked in against Amazon's module and the table of operations.
func TestModelsAreCurrent(t *testing.T) {
	want := modelled(t)
	for service, operations := range want {
		file := filepath.Join("models", service+".json")
		model := cut(t, service, operations)
		if *update {
			if err := os.WriteFile(file, model, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(got, model) {
			t.Errorf("%s is not current (%v): run the test with -update", file, err)
		}
	}
	files, err := filepath.Glob("models/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if _, ok := want[strings.TrimSuffix(filepath.Base(f), ".json")]; !ok {
			t.Errorf("%s is of no service", f)
		}
	}
}
