package simcloud

import (
	"encoding/base64"
	"net/http"
)

// githubReleaseOps are the operations about the files of releases. They stand in a release's document under Assets, each
// with what is attested of it under Attestations as plain statements.
func githubReleaseOps() []restOp {
	const repo = "/repos/{org}/{repo}"
	return []restOp{
		{"repos.listReleaseAssets", "GET", repo + "/releases/{release}/assets", githubAssets},
		{"repos.listAttestations", "GET", repo + "/attestations/sha256:{digest}", githubAttestations},
	}
}

func githubAssets(k *restCall) response {
	it, ok := k.repoList("releases").Find(k.vars["release"])
	if !ok {
		return githubError(k, http.StatusNotFound, "Not Found")
	}
	base := "https://api.github.com/repos/" + k.vars["org"] + "/" + k.vars["repo"] + "/releases/assets/"
	return githubPage(k, parts(it.doc["Assets"]), "", func(d map[string]any) map[string]any {
		out := native(d)
		id, name := scalar(d["id"]), scalar(d["name"])
		out["url"], out["node_id"], out["state"], out["label"] = base+id, "RA_"+id, "uploaded", ""
		out["browser_download_url"] = "https://github.com/" + k.vars["org"] + "/" + k.vars["repo"] + "/releases/download/" +
			scalar(it.doc["tagName"]) + "/" + name
		if uploader, ok := d["uploader"].(map[string]any); ok {
			out["uploader"] = githubUser(uploader)
		}
		return out
	})
}

// githubAttestations answers what is attested of the files with a digest, in Sigstore bundles, and 404 when nothing is. Their
// signatures are made up.
func githubAttestations(k *restCall) response {
	it, ok := k.repository()
	if !ok {
		return githubError(k, http.StatusNotFound, "Not Found")
	}
	var list []any
	releases := k.repoList("releases")
	for i := range releases.Len() {
		assets, _ := releases.At(i).doc["Assets"].([]any)
		for _, v := range assets {
			asset := v.(map[string]any)
			if asset["digest"] != "sha256:"+k.vars["digest"] {
				continue
			}
			statements, _ := asset["Attestations"].([]any)
			for _, statement := range statements {
				if want := k.query.Get("predicate_type"); want == "" || statement.(map[string]any)["predicateType"] == want {
					list = append(list, map[string]any{"repository_id": it.doc["id"], "initiator": "user", "bundle": sigstoreBundle(statement)})
				}
			}
		}
	}
	if list == nil {
		return githubError(k, http.StatusNotFound, "Not Found")
	}
	return githubJSON(k, jsonText(map[string]any{"attestations": list}))
}

func sigstoreBundle(statement any) map[string]any {
	return map[string]any{
		"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
		"verificationMaterial": map[string]any{
			"certificate": map[string]any{"rawBytes": "c2ltdWxhdGVk"},
			"tlogEntries": []any{map[string]any{"logIndex": "1"}},
		},
		"dsseEnvelope": map[string]any{
			"payload":     base64.StdEncoding.EncodeToString(jsonText(statement)),
			"payloadType": "application/vnd.in-toto+json",
			"signatures":  []any{map[string]any{"sig": "c2ltdWxhdGVk"}},
		},
	}
}
