package simcloud

import (
	"maps"
	"slices"
	"strings"
	"time"
)

func accountSummary(k *awsCall) (awsOut, *awsFail) {
	m := map[string]any{}
	for kind, name := range map[string]string{"users": "Users", "groups": "Groups", "roles": "Roles",
		"server-certificates": "ServerCertificates"} {
		m[name] = k.list(kind).Len()
	}
	m["Policies"] = k.list("policies").Where(own).Len()
	if said, ok := k.object()["SummaryMap"].(map[string]any); ok {
		maps.Copy(m, said)
	}
	return awsOut{doc: map[string]any{"SummaryMap": m}}, nil
}

// own tells the account's policies from those of AWS.
func own(policy map[string]any) bool {
	return !strings.HasPrefix(scalar(policy["Arn"]), "arn:aws:iam::aws:")
}

func generateReport(k *awsCall) (awsOut, *awsFail) {
	if k.w.once.count(k.account+"|report") <= k.c.options.ReportPolls {
		return awsOut{doc: map[string]any{"State": "STARTED", "Description": "Starting a new report generation task"}}, nil
	}
	return awsOut{doc: map[string]any{"State": "COMPLETE"}}, nil
}

// reportColumns are the columns of a credential report, in order.
func reportColumns() []string {
	return strings.Split("user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,"+
		"password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"+
		"access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"+
		"access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"+
		"cert_1_last_rotated,cert_2_active,cert_2_last_rotated", ",")
}

func credentialReport(k *awsCall) (awsOut, *awsFail) {
	report := k.w.once.do(k.account+"|credentials", func() []byte {
		root := map[string]any{"user": "<root_account>", "arn": "arn:aws:iam::" + k.account + ":root",
			"password_enabled": "not_supported", "password_last_changed": "not_supported",
			"password_next_rotation": "not_supported"}
		if said, ok := k.object()["Root"].(map[string]any); ok {
			maps.Copy(root, said)
		}
		b := []byte(strings.Join(reportColumns(), ",") + "\n")
		b = reportRow(b, root)
		users := k.list("users")
		for i := range users.Len() {
			b = users.At(i).append(b, "credentials", userRow)
		}
		return b
	})
	return awsOut{doc: map[string]any{"Content": report, "ReportFormat": "text/csv",
		"GeneratedTime": k.w.now.Format(time.RFC3339)}}, nil
}

// userRow derives a user's row from the user's own document; its Credential member wins.
func userRow(dst []byte, u map[string]any) []byte {
	row := map[string]any{"user": u["UserName"], "arn": u["Arn"], "user_creation_time": u["CreateDate"],
		"password_enabled": "false", "password_last_used": "N/A", "password_last_changed": "N/A",
		"password_next_rotation": "N/A", "mfa_active": "false"}
	if devices, _ := u["MFADevices"].([]any); len(devices) > 0 {
		row["mfa_active"] = "true"
	}
	if login, ok := u["LoginProfile"].(map[string]any); ok {
		row["password_enabled"], row["password_last_changed"] = "true", login["CreateDate"]
		row["password_last_used"] = "no_information"
		if used, ok := u["PasswordLastUsed"]; ok {
			row["password_last_used"] = used
		}
	}
	keys, _ := u["AccessKeys"].([]any)
	for i, v := range keys {
		key, p := v.(map[string]any), "access_key_"+string(rune('1'+i))
		row[p+"_active"] = "false"
		if key["Status"] == "Active" {
			row[p+"_active"] = "true"
		}
		row[p+"_last_rotated"] = key["CreateDate"]
		if used, ok := key["LastUsed"].(map[string]any); ok {
			row[p+"_last_used_date"], row[p+"_last_used_region"] = used["LastUsedDate"], used["Region"]
			row[p+"_last_used_service"] = used["ServiceName"]
		}
	}
	if said, ok := u["Credential"].(map[string]any); ok {
		maps.Copy(row, said)
	}
	return reportRow(dst, row)
}

func reportRow(dst []byte, row map[string]any) []byte {
	for i, c := range reportColumns() {
		if i > 0 {
			dst = append(dst, ',')
		}
		v := scalar(row[c])
		switch {
		case row[c] == nil && strings.HasSuffix(c, "_active"):
			v = "false"
		case row[c] == nil:
			v = "N/A"
		case len(v) == 20 && strings.HasSuffix(v, "Z"):
			v = v[:19] + "+00:00" // the report's own way to write a time
		}
		dst = append(dst, v...)
	}
	return append(dst, '\n')
}

func virtualMFADevices(k *awsCall) (awsOut, *awsFail) {
	var all []any
	if said, ok := k.object()["VirtualMFADevices"].([]any); ok {
		all = slices.Clone(said)
	}
	users := k.list("users")
	if _, stored := users.(memItems); stored {
		for i := range users.Len() {
			all = append(all, userDevices(users.At(i).doc)...)
		}
	}
	if status := k.text("AssignmentStatus"); status == "Assigned" || status == "Unassigned" {
		all = slices.DeleteFunc(all, func(v any) bool {
			_, assigned := v.(map[string]any)["User"]
			return assigned != (status == "Assigned")
		})
	}
	return k.values(all, "VirtualMFADevices", "AssignmentStatus")
}

func userDevices(u map[string]any) []any {
	var out []any
	devices, _ := u["MFADevices"].([]any)
	for _, v := range devices {
		d := v.(map[string]any)
		if serial, _ := d["SerialNumber"].(string); strings.Contains(serial, ":mfa/") {
			out = append(out, map[string]any{"SerialNumber": serial, "EnableDate": d["EnableDate"], "User": only(u, userFields()...)})
		}
	}
	return out
}
