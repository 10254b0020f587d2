package bundle

import (
	"fmt"

	"exhibit/internal/bundle/format"
	"exhibit/internal/ledger"
)

// readme writes the auditor's page. It is the first file, stored as it is.
func (b *builder) readme() error {
	return b.out.store(format.Readme, "this page", func() ([]byte, error) {
		signer, err := ledger.AllowedSigner(b.genesis.Verifier, format.Namespace)
		if err != nil {
			return nil, err
		}
		simulated := ""
		if b.genesis.Simulated {
			simulated = "\nSIMULATED: this ledger is a demonstration. Nothing in it was seen in the world.\n"
		}
		l := b.manifest.Ledger
		return fmt.Appendf(nil, readmeText, format.Magic, b.scope.framework.Title, b.scope.framework.Key(),
			stamp(b.request.Period.From), stamp(b.request.Period.To), stamp(b.request.AsOf), b.request.Tool, l.Origin, l.Size,
			simulated, l.Key, l.Fingerprint, signer, l.Key, l.Origin), nil
	})
}

const readmeText = `%s
Framework   %s (%s)
Period      %s to %s
Exported    %s by %s
Ledger      %s, %d entries
%s
HOW TO VERIFY

Ask the company for the ledger's public key over a channel other than this file. It must be

  %s
  fingerprint %s
  %s
1. With the verifier, which needs no network and writes nothing. It checks every byte of the archive, the signature,
   every ledger entry, every list and every object, and names each file that is wrong and why:

     exhibit-verify --key '%s' BUNDLE.zip

   With --previous FILE, FILE being a checkpoint or a bundle that you got before, it also proves that nothing in
   the ledger was changed or removed since.

2. With tools that every system has, in the folder where the archive was unpacked:

     sha256sum -c SHA256SUMS
     ssh-keygen -Y verify -f allowed_signers -I %s -n exhibit-bundle -s SHA256SUMS.sig < SHA256SUMS

   The first says that no file was changed, the second that the list of digests was signed by the key in
   allowed_signers. Compare that key with the one above.

WHAT IS HERE

  bundle.json          what this bundle is about, and a line about each file
  index.csv            requirement, control, check, scope and result: start here
  report/              pages for reading, where there are any
  controls.md          the requirements, controls and checks as they were judged
  omissions.jsonl      what is NOT here and why: denied calls, scopes not reached, days without a run, types that the
                       framework does not need, requirements that no tool can meet
  evidence/            what the providers answered. runs.jsonl: each collection and each scope that was asked for;
                       snapshots.jsonl: who asked whom, when, with which calls and how completely; one file for each
                       type of subject, each version of each subject once
  assessments/         the judgements: assessments, observations (one check on one subject, with the deciding values and
                       the digests of the evidence) and findings (one control in one scope)
  manifests/           which subject was in which snapshot, and which observation in which assessment
  acceptances.jsonl    accepted risks; attestations.jsonl: people's statements; catalogs.jsonl: the full text of the
                       controls and mappings that the judgements were made by
  access-reviews.jsonl who could do what, as reviewers were given it; only where a review was recorded in the period
  decisions.jsonl      what gates decided for pipelines, and who overrode them; only where any did in the period
  actions.jsonl        who started the program, exported, changed its configuration; only where anybody did in the period
  messages.jsonl       what owners were told by mail and otherwise; deliveries.jsonl: how each message ended
  attachments/         what people attached to their statements, each file named by its SHA-256
  derived/             computed from the above by the exporting program: exposures, changes, gaps, redactions. The
                       signature covers them; the ledger does not
  ledger/              checkpoints, the hash of every entry, and the entries of the period byte for byte

HOW IT HANGS TOGETHER

A checkpoint is a signed note over the number of the ledger's entries and the root of a Merkle tree (RFC 6962) over them.
leaves.txt holds the leaf hash of every entry, so that the root can be computed at any size; the three checkpoints must
come out of it. The hash of a line's "entry" in entries.jsonl, with a zero byte before it, is its leaf hash. An entry
names its body by digest; the bodies stand in their files in the same order. A run names the root of its list of
snapshots, a snapshot that of its list of subjects, an assessment those of its observations and findings. An item of a
list is its key, a zero byte and the SHA-256 of its object, which is a line of the objects' file without the line break.
A manifest shows lists that succeed each other at once: "from" and "to" count the lists of the line that has "lists".
Objects are JSON by RFC 8785 (sorted keys, no space), except that integers keep all their digits.

Objects stand in their file in the order in which the manifest first names them, so that to check the object of line 7:

     sed -n 7p evidence/TYPE.jsonl | tr -d '\n' | sha256sum

Values that were secret were replaced by a keyed digest before they were stored; equal values have equal digests.
`
