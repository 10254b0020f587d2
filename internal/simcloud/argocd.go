package simcloud

import (
	"net/http"
	"time"
)

func (c *Cloud) routeArgoCD(r *request) call { return c.argocd.route(c, r) }

func argocdAPI() restAPI {
	ops := []restOp{
		{"argocd:SessionService.GetUserInfo", "GET", "/api/v1/session/userinfo", func(k *restCall) response {
			return k.object(map[string]any{"loggedIn": true, "username": "exhibit", "iss": "argocd"})
		}},
		{"argocd:VersionService.Version", "GET", "/api/version", func(k *restCall) response {
			return k.object(map[string]any{"Version": "v3.1.5+cfeed49", "Platform": "linux/amd64"})
		}},
		{"argocd:AccountService.CanI", "GET", "/api/v1/account/can-i/{resource}/{action}/{object}", argocdCanI},
		{"argocd:AccountService.CanI", "GET", "/api/v1/account/can-i/{resource}/{action}/{project}/{object}", argocdCanI},
		{"argocd:ApplicationService.List", "GET", "/api/v1/applications", argocdList("argo-applications", argocdUntilNow)},
		{"argocd:ProjectService.List", "GET", "/api/v1/projects", argocdList("argo-projects", argocdAll)},
		{"argocd:SettingsService.Get", "GET", "/api/v1/settings", func(k *restCall) response {
			return k.object(k.w.object("argocd", k.server(), "settings"))
		}},
		{"argocd:AccountService.ListAccounts", "GET", "/api/v1/account", argocdList("argo-accounts", argocdAll)},
	}
	return restAPI{provider: "argocd", fail: argocdFail, ops: ops,
		unknown: func(k *restCall) response { return k.json(http.StatusNotFound, []byte("404 page not found\n")) },
		refuse:  func(k *restCall) response { return argocdError(k, 401, 16, "no session information") },
	}
}

// server is the one server of the estate, "" when it has none.
func (k *restCall) server() string {
	for _, name := range k.w.accounts["argocd"] {
		return name
	}
	return ""
}

func argocdError(k *restCall, status, code int, message string) response {
	return k.json(status, jsonText(map[string]any{"error": message, "code": code, "message": message}))
}

func argocdFail(k *restCall, kind FaultKind) response {
	switch kind {
	case Throttled:
		return k.json(http.StatusTooManyRequests, []byte("Too Many Requests\n"))
	case Unavailable:
		return argocdError(k, 503, 14, "connection error")
	case Expired:
		return argocdError(k, 401, 16, "invalid session: token has invalid claims: token is expired")
	}
	return argocdError(k, 403, 7, "permission denied")
}

// argocdCanI answers for an account that may look at everything and change nothing.
func argocdCanI(k *restCall) response {
	if k.vars["action"] == "get" {
		return k.object(map[string]any{"value": "yes"})
	}
	return k.object(map[string]any{"value": "no"})
}

// argocdList answers a list, which has no pages.
func argocdList(kind string, fields func(*restCall, map[string]any) map[string]any) func(*restCall) response {
	return func(k *restCall) response {
		all := k.w.list("argocd", k.server(), kind)
		body := k.array([]byte(`{"metadata":{"resourceVersion":"1"},"items":`), all, window{To: all.Len()},
			func(d map[string]any) map[string]any { return fields(k, d) })
		return k.json(http.StatusOK, append(body, '}'))
	}
}

// argocdAll shows all of a document.
func argocdAll(_ *restCall, d map[string]any) map[string]any { return d }

// argocdUntilNow leaves out of an application's history what is yet to happen, and what it does not keep any longer.
func argocdUntilNow(k *restCall, d map[string]any) map[string]any {
	status, _ := d["status"].(map[string]any)
	history, _ := status["history"].([]any)
	const kept = 10
	now := k.w.now.Format(time.RFC3339)
	past := []any{}
	for _, e := range history {
		if e := e.(map[string]any); scalar(e["deployedAt"]) <= now {
			past = append(past, e)
		}
	}
	out := without(status, "history")
	out["history"] = past[max(len(past)-kept, 0):]
	doc := without(d, "status")
	doc["status"] = out
	return doc
}
