package archtest

import (
	"slices"
	"strings"
	"testing"
)

// room says where a package stands and what else of ours it may import. Every package may import its own subpackages'
// peers only when they are named here.
type room struct {
	layer int
	may   []string // packages of ours; "*" allows every lower layer
}

// rooms is the map of the house. A package that it does not name fails the test.
var rooms = map[string]room{
	"internal/evidence": {0, nil},
	"internal/ledger":   {0, nil},
	"internal/secret":   {0, nil},
	"internal/build":    {0, nil},
	// strictyaml is the one way to read YAML.
	"internal/strictyaml": {0, nil},

	"internal/collect":             {1, []string{"internal/evidence", "internal/secret"}},
	"internal/collect/collecttest": {1, []string{"internal/evidence", "internal/collect", "internal/secret"}},
	// change is the model of changes and deployments that all delivery systems are judged by.
	"internal/change":  {1, []string{"internal/evidence"}},
	"internal/assess":  {1, []string{"internal/evidence", "internal/change"}},
	"internal/catalog": {1, []string{"internal/evidence", "internal/assess", "internal/strictyaml"}},
	"internal/drift":   {1, []string{"internal/evidence"}},
	// owner reads committed subjects by expressions, as checks do.
	"internal/owner":   {1, []string{"internal/evidence", "internal/assess"}},
	"internal/report":  {1, []string{"internal/evidence", "internal/change"}},
	"internal/measure": {1, []string{"internal/evidence", "internal/change"}},
	// gate decides for pipelines.
	"internal/gate": {1, []string{"internal/evidence"}},

	"internal/store":           {2, []string{"internal/evidence", "internal/ledger", "internal/secret"}},
	"internal/store/storetest": {2, []string{"internal/evidence", "internal/ledger", "internal/store"}},
	"internal/bundle":          {2, []string{"internal/evidence", "internal/ledger", "internal/bundle/format", "internal/change"}},
	"internal/bundle/format":   {1, []string{"internal/evidence", "internal/ledger"}},
	"internal/bundle/verify":   {1, []string{"internal/evidence", "internal/ledger", "internal/bundle/format"}},
	"internal/config":          {2, []string{"internal/evidence", "internal/ledger", "internal/strictyaml", "internal/owner", "internal/gate", "internal/secret", "internal/schedule"}},
	"internal/schedule":        {2, nil},
	"internal/notify":          {2, []string{"internal/evidence", "internal/secret"}},
	"internal/outbox":          {2, []string{"internal/evidence"}},
	"internal/web":             {2, []string{"internal/secret"}},
	"internal/inlet":           {2, []string{"internal/evidence"}},
	"internal/simcloud":        {2, []string{"internal/evidence"}},

	"internal/daemon":   {3, []string{"*"}},
	"internal/archtest": {3, nil},

	"collectors":             {2, []string{"internal/collect", "collectors/aws", "collectors/gcp", "collectors/azure", "collectors/azuredevops", "collectors/github", "collectors/git", "collectors/gitlab", "collectors/file", "collectors/ingest", "collectors/argocd", "collectors/jenkins"}},
	"collectors/aws":         {2, []string{"internal/collect", "internal/evidence"}},
	"collectors/gcp":         {2, []string{"internal/collect", "internal/evidence"}},
	"collectors/azure":       {2, []string{"internal/collect", "internal/evidence"}},
	"collectors/github":      {2, []string{"internal/collect", "internal/evidence"}},
	"collectors/gitlab":      {2, []string{"internal/collect", "internal/evidence"}},
	"collectors/file":        {2, []string{"internal/collect", "internal/evidence"}},
	"collectors/ingest":      {2, []string{"internal/collect", "internal/evidence"}},
	"collectors/git":         {2, []string{"internal/collect", "internal/evidence"}},
	"collectors/azuredevops": {2, []string{"internal/collect", "internal/evidence"}},

	"collectors/argocd":  {2, []string{"internal/collect", "internal/evidence"}},
	"collectors/jenkins": {2, []string{"internal/collect", "internal/evidence"}},

	"controls":         {0, nil},
	"mappings":         {0, nil},
	"testdata/estates": {0, nil},

	"cmd/exhibit":        {4, []string{"*"}},
	"cmd/exhibit-verify": {4, []string{"internal/evidence", "internal/ledger", "internal/bundle/format", "internal/bundle/verify", "internal/build"}},
}

func TestRooms(t *testing.T) {
	src := readSource(t)
	for _, pkg := range src.packages() {
		r, ok := rooms[pkg]
		if !ok {
			t.Errorf("package %s stands in no room: name it in archtest with its layer and what it may import", pkg)
			continue
		}
		for _, f := range src.code(pkg) {
			for _, imp := range f.imports() {
				own, ok := strings.CutPrefix(imp, module+"/")
				if !ok {
					continue
				}
				target, known := rooms[own]
				switch {
				case !known:
					t.Errorf("%s imports %s, which stands in no room", f.path, own)
				case slices.Contains(r.may, own):
				case slices.Contains(r.may, "*") && target.layer < r.layer:
				default:
					t.Errorf("%s: %s may not import %s", f.path, pkg, own)
				}
			}
		}
	}
	for pkg := range rooms {
		if len(src[pkg]) == 0 {
			t.Errorf("room %s is empty: take it out of archtest", pkg)
		}
	}
}

// TestPure holds the stages apart from the world: no network, no files, no store, no clock. Third-party packages are
// taken at their word.
func TestPure(t *testing.T) {
	src := readSource(t)
	for _, pkg := range []string{"internal/evidence", "internal/ledger", "internal/assess", "internal/change", "internal/drift",
		"internal/report", "internal/owner", "internal/measure", "internal/gate",
		"internal/bundle/verify"} {
		for imp, by := range src.reaches(pkg) {
			if impure(imp) {
				t.Errorf("%s reaches %s through %s", pkg, imp, by)
			}
		}
	}
}

// TestVerifier proves that the offline verifier cannot dial, write evidence or sign.
func TestVerifier(t *testing.T) {
	src := readSource(t)
	for imp, by := range src.reaches("cmd/exhibit-verify") {
		switch {
		case imp == "os" && by == "cmd/exhibit-verify": // opens the bundle
		case impure(imp), imp == "crypto/rand":
			t.Errorf("cmd/exhibit-verify reaches %s through %s", imp, by)
		case imp == module+"/internal/store", imp == module+"/internal/bundle":
			t.Errorf("cmd/exhibit-verify reaches %s through %s", imp, by)
		}
	}
}

func TestOnlyStoreOpensBbolt(t *testing.T) {
	src := readSource(t)
	for _, pkg := range src.packages() {
		for _, f := range src[pkg] {
			for _, imp := range f.imports() {
				if strings.HasPrefix(imp, "go.etcd.io/bbolt") && pkg != "internal/store" {
					t.Errorf("%s imports bbolt: only internal/store may", f.path)
				}
			}
		}
	}
}

func impure(imp string) bool {
	switch imp {
	case "net/netip", "net/url", "net/mail", "net/textproto":
		return false // parsers
	}
	return imp == "os" || strings.HasPrefix(imp, "os/") || imp == "net" || strings.HasPrefix(imp, "net/") ||
		imp == "syscall" || strings.HasPrefix(imp, "go.etcd.io/bbolt") || imp == "math/rand" || imp == "math/rand/v2"
}
