// Package collect runs collectors over scopes: it throttles, retries, counts, seals and stages what they emit, and
// states for every scope and operation how it ended.
//
// It never judges what it sees, and it lets no operation leave the machine that the collector did not declare.
package collect
