// Package simcloud serves simulated providers over real HTTP on loopback: AWS (query, REST XML and JSON protocols), GCP
// REST, Azure Resource Manager, and the REST APIs of GitHub, GitLab, Azure DevOps, Argo CD and Jenkins. What they answer
// comes from an estate: provider-native JSON files with a timeline of what happens on which day. The demo, the tests, the load tests and
// the fault tables run against it.
// What an operation of AWS takes and how its answer stands on the wire is said by Amazon's own models (models/README.md);
// awsServices says how to answer a further one.
//
// The same estate and day always give the same answers; the clock of the machine is never read for content. It checks
// who calls (access key, bearer token) but no signature, it lets nothing be changed, and it keeps no evidence.
package simcloud
