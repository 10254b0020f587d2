// Package assess judges committed evidence: controls and snapshots in, observations and findings out, as of a time.
//
// Expressions are CEL, compiled and type-checked against the subject types' schemas before anything is judged. An
// expression sees
//
//	subject              type, id, name, tags, scope (provider, account, region, name, facts), doc,
//	                     redacted (path, rule, found: what was replaced in doc, and by which rule)
//	related("TYPE")      the other subjects of a type: of the same scope and of the account as a whole; a subject that
//	                     belongs to its account as a whole sees those of all its regions
//	params               the thresholds of its control, with local values put in
//	now                  the time as of which is judged
//	helpers              see helpers.go, policy.go, accesscel.go and changecel.go; CEL's own strings, lists and sets; optionals (doc.?A.?B.orValue(x))
//
// Evaluation is three-valued. Reading what could not be collected, or what a document does not have, is an error:
// false && error is false, true || error is true, everything else that needs the value is unknown, and never pass or fail.
// has(doc.A) tells absent from present, and is unknown when A could not be collected; null is present.
//
// The same evidence, controls and time give the same bytes, on any machine and in any order.
//
// It never reads a clock, a file or the network, and it never changes what it judges.
package assess

// Version names the judging code. It rises whenever the same evidence and controls would give another assessment.
const Version = "exhibit-assess/1"
