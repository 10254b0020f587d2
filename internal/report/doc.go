// Package report turns a judgement into what people read: tables for a terminal, CSV for a spreadsheet, values for JSON, one
// HTML page that stands alone, and drift reports as mails, messages and tickets.
//
// It overlays accepted risks as of the judgement's time and rolls findings up to the requirements of a framework. It never
// judges evidence itself: a failure that is accepted stays a failure and is counted apart, what is unknown is never counted
// as passing, and what only a person can examine is never called satisfied. It reads no clock, no file and no network, and
// the page runs no script and loads nothing.
package report
