package gcp

import (
	"strings"

	"exhibit/internal/collect"
)

// Permissions returns a custom role, as gcloud reads it from a file, with what the declared operations need and no more.
func (Provider) Permissions() string {
	var b strings.Builder
	b.WriteString(`# gcloud iam roles create exhibitReader --project=PROJECT --file=THIS_FILE
# gcloud projects add-iam-policy-binding PROJECT --role=projects/PROJECT/roles/exhibitReader --member=serviceAccount:…
title: exhibit reader
description: Reads the configuration that exhibit collects as evidence. It reads no data and changes nothing.
stage: GA
includedPermissions:
`)
	for _, p := range collect.Permissions(Provider{}) {
		b.WriteString("- " + p + "\n")
	}
	return b.String()
}
