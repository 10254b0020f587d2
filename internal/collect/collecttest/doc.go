// Package collecttest is the conformance suite that every collector passes: it replays recordings of a provider's
// answers, holds what comes out against golden subjects, and puts every class of error in the place of every answer.
//
// It never reaches a network. A provider's whole test is:
//
//	func TestCollectors(t *testing.T) { collecttest.Run(t, aws.Provider{}) }
//
// and its testdata: open.json (the section of exhibit.yaml, the environment, the answers to who is asking and what
// there is), faults.json (how the provider spells errors) and one recording for each subject type. With -update the
// golden subjects are written anew; read the difference before committing it.
package collecttest
