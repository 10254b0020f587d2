// Package daemon wires everything: it opens the configuration, the catalog and the store, collects, assesses and commits. As a
// Service it does so on schedule, tells owners through the outbox, reads its configuration again, is monitored, and answers
// the commands of other processes over its socket while it holds the store. It owns every goroutine.
//
// It judges nothing itself and renders nothing: stages meet here and in cmd, and nowhere else.
package daemon
