// Package ledger proves what a log of entries held and when: RFC 6962 Merkle trees over bytes, checkpoints as signed
// notes (C2SP tlog-checkpoint and signed-note), inclusion and consistency proofs, Merkle lists whose items are provable
// one by one, and SSHSIG signatures that ssh-keygen verifies too.
//
// It never does I/O, never reads a clock, never finds its own randomness, and does not know what the bytes mean.
package ledger
