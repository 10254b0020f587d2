package simcloud

import (
	"testing"

	"google.golang.org/api/clouddeploy/v1"
	"google.golang.org/api/logging/v2"
)

// TestGCPEntries holds that the log is answered page by page, by what the filter takes and as far as it has happened.
func TestGCPEntries(t *testing.T) {
	c := start(t, demo(t), Options{PageSize: 2})
	ctx, o, project := t.Context(), gcpOptions(t, c), c.Accounts("gcp")[0]
	logs, err := logging.NewService(ctx, o...)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(filter string) (n, pages int, err error) {
		q := &logging.ListLogEntriesRequest{ResourceNames: []string{"projects/" + project}, Filter: filter, PageSize: 1000}
		err = logs.Entries.List(q).Pages(ctx, func(p *logging.ListLogEntriesResponse) error {
			n, pages = n+len(p.Entries), pages+1
			return nil
		})
		return n, pages, err
	}
	const service = `protoPayload.serviceName="clouddeploy.googleapis.com"`
	const approve = `"google.cloud.deploy.v1.CloudDeploy.ApproveRollout"`
	all, pages, err := ask(service)
	if err != nil || all < 6 || pages != (all+1)/2 {
		t.Errorf("%d entries on %d pages, %v", all, pages, err)
	}
	if n, _, err := ask(service + ` AND protoPayload.methodName=(` + approve + ` OR "x")`); err != nil || n == 0 || n >= all {
		t.Errorf("%d approvals of %d, %v", n, all, err)
	}
	if n, _, err := ask(service + ` AND timestamp>="2999-01-01T00:00:00Z"`); err != nil || n != 0 {
		t.Errorf("%d entries of the future, %v", n, err)
	}
	if _, _, err := ask(`severity>=ERROR`); err == nil {
		t.Error("a filter that is not understood was answered")
	}
	if err := c.Fault("logging.entries.list", Fault{Kind: Denied}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ask(service); err == nil {
		t.Error("a fault was not answered")
	}

	deploy, err := clouddeploy.NewService(ctx, o...)
	if err != nil {
		t.Fatal(err)
	}
	parent := "projects/" + project + "/locations/europe-west1/deliveryPipelines/reports"
	list, err := deploy.Projects.Locations.DeliveryPipelines.Releases.List(parent).Do()
	if err != nil || len(list.Releases) != 2 {
		t.Errorf("releases %v, %v", list, err)
	}
}
