package simcloud

import (
	"net/http"
	"net/url"
)

func (c *Cloud) routeAzure(r *request) call { return c.azure.route(c, r) }

func azureAPI() restAPI {
	list := func(kind string) func(*restCall) response {
		return func(k *restCall) response {
			if !k.known("azure", k.vars["subscription"]) {
				return azureNoSubscription(k)
			}
			return azureList(k, k.w.list("azure", k.vars["subscription"], kind))
		}
	}
	const sub = "/subscriptions/{subscription}"
	return restAPI{provider: "azure", account: "subscription", fold: true, fail: azureFail,
		unknown: func(k *restCall) response {
			return azureError(k, 404, "ResourceNotFound", "No simulated operation answers "+k.Method+" "+k.URL.Path)
		},
		refuse: func(k *restCall) response {
			return azureError(k, 401, "InvalidAuthenticationToken", "The access token is invalid.")
		},
		ops: []restOp{
			{tokens, "POST", "/{tenant}/oauth2/v2.0/token", azureToken},
			{"subscriptions.list", "GET", "/subscriptions", azureSubscriptions},
			{"subscriptions.get", "GET", sub, azureSubscription},
			{"authorization.roleAssignments.list", "GET", sub + "/providers/Microsoft.Authorization/roleAssignments",
				list("role-assignments")},
			{"authorization.roleDefinitions.list", "GET", sub + "/providers/Microsoft.Authorization/roleDefinitions",
				list("role-definitions")},
			{"authorization.roleDefinitions.get", "GET",
				sub + "/providers/Microsoft.Authorization/roleDefinitions/{name}", azureRole},
			{"storage.storageAccounts.list", "GET", sub + "/providers/Microsoft.Storage/storageAccounts",
				list("storage-accounts")},
			{"network.networkSecurityGroups.listAll", "GET", sub + "/providers/Microsoft.Network/networkSecurityGroups",
				list("network-security-groups")},
			{"insights.activityLogAlerts.list", "GET", sub + "/providers/Microsoft.Insights/activityLogAlerts",
				list("activity-log-alerts")},
		},
	}
}

// azureToken answers the client-credentials grant of any tenant, application and secret.
func azureToken(k *restCall) response {
	form, err := url.ParseQuery(string(k.body))
	if err != nil || form.Get("grant_type") != "client_credentials" || form.Get("client_secret") == "" {
		return oauthError(k, "invalid_client", "simcloud takes client_credentials with a secret")
	}
	return k.object(map[string]any{"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599,
		"access_token": Token("azure")})
}

// azureList answers one page with a link to the next.
func azureList(k *restCall, all items) response {
	if k.query.Get("api-version") == "" {
		return azureError(k, 400, "MissingApiVersionParameter", "The api-version query parameter is required.")
	}
	w, ok := k.c.page(k.op, all.Len(), k.query.Get("$skiptoken"), 0, 100, 1000)
	if !ok {
		return azureError(k, 400, "InvalidSkipToken", "The skip token is invalid.")
	}
	b := k.array([]byte(`{"value":`), all, w, native)
	if w.Next != "" {
		q := k.URL.Query()
		q.Set("$skiptoken", w.Next)
		b = append(b, `,"nextLink":`...)
		b = append(b, jsonText(k.base()+k.URL.Path+"?"+q.Encode())...)
	}
	return k.json(http.StatusOK, append(b, '}'))
}

func azureSubscriptions(k *restCall) response {
	var all []item
	for _, id := range k.w.accounts["azure"] {
		all = append(all, item{id, -1, newShape(k.w.object("azure", id, "subscription"))})
	}
	return azureList(k, newMemItems(all))
}

func azureSubscription(k *restCall) response {
	s := k.w.object("azure", k.vars["subscription"], "subscription")
	if s == nil {
		return azureNoSubscription(k)
	}
	return k.object(s)
}

func azureRole(k *restCall) response {
	it, ok := k.w.list("azure", k.vars["subscription"], "role-definitions").Find(k.vars["name"])
	if !ok {
		return azureError(k, 404, "RoleDefinitionDoesNotExist", "The specified role definition does not exist.")
	}
	return k.object(native(it.doc))
}

func azureNoSubscription(k *restCall) response {
	return azureError(k, 404, "SubscriptionNotFound", "The subscription '"+k.vars["subscription"]+"' could not be found.")
}

func azureFail(k *restCall, kind FaultKind) response {
	switch kind {
	case Throttled:
		return azureError(k, 429, "TooManyRequests", "The request is being throttled as the limit has been reached.")
	case Unavailable:
		return azureError(k, 503, "ServiceUnavailable", "The service is unavailable.")
	case Expired:
		r := azureError(k, 401, "ExpiredAuthenticationToken", "The access token expiry is in the past.")
		r.header = append(r.header, "WWW-Authenticate", `Bearer error="invalid_token"`)
		return r
	case Disabled:
		return azureError(k, 409, "MissingSubscriptionRegistration",
			"The subscription is not registered to use the namespace of this resource.")
	}
	return azureError(k, 403, "AuthorizationFailed", "The client '"+collector+
		"' does not have authorization to perform the action behind "+k.op+" over scope '"+k.URL.Path+"'.")
}

func azureError(k *restCall, status int, code, message string) response {
	r := k.json(status, jsonText(map[string]any{"error": map[string]any{"code": code, "message": message}}))
	r.header = append(r.header, "x-ms-error-code", code, "x-ms-request-id", k.c.requestID())
	return r
}
