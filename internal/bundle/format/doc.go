// Package format is the shape of an audit bundle, in one place for its writer and its verifier: the names of the files,
// their order, and the records in them. Whoever writes a second verifier needs this package's text and nothing else.
//
// A bundle is a zip. Every ledger entry of the period stands in it byte for byte, with the leaf hashes of all others,
// so that the tree can be computed again at any size. An entry names its body; a run names its list of snapshots; a
// snapshot names its list of subjects; an assessment names its lists of observations and findings. Lists that succeed
// each other are written together: each item once, with the lists that hold it, in order of key, so that one pass over
// the file computes the roots of all lists at once, and so that an item that does not change costs nothing.
//
// SHA256SUMS is over every other file and is signed by the ledger's key; bundle.json holds the digests of the packed
// bytes too, so that no byte of the archive is without a signature.
//
// It never reads or writes a bundle.
package format

// Version is the format that this package describes.
const Version = 1

// Namespace is what the signature is for, as ssh-keygen calls it.
const Namespace = "exhibit-bundle"

// Magic is how README.txt, the first file, begins; it is stored unpacked, so that it can be seen in the archive's
// bytes.
const Magic = "exhibit audit bundle, format 1\n"

// Date is the MS-DOS date of every file in the archive, 1980-01-01, and its time is zero: a bundle has no clock of its
// own.
const Date = 1<<5 | 1

// MaxLine bounds one line of any file, its end included.
const MaxLine = 64 << 20

// MaxLists bounds the lists of one Head.
const MaxLists = 1024
