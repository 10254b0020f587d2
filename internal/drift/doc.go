// Package drift tells what changed between two views of the same evidence and why: the thing itself, the check, the mapping,
// the scope, a permission or the collector. It also keeps the intervals in which a check on a subject had one verdict, and
// answers from them how long something failed, with the uncertainty that looking now and then leaves, and where nobody looked.
//
// It never takes a list that was not whole for proof that something is gone, never ends a failure because nobody could look,
// and never calls a moved element, another spelling of a policy or a volatile value a change. It does no I/O of its own and
// reads no clock.
package drift
