// Package gate decides whether a pipeline may go on: what fails and what is not known, by the rules of a policy and the
// acceptances that are in effect.
//
// What is missing never passes: what could not be judged blocks as a failure would, unless the policy says to warn, and
// so does a question that no evidence answers. It reads no store and no clock, and changes nothing: the same input
// gives the same decision.
package gate
