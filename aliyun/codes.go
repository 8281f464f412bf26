package aliyun

import (
	"encoding/json"
	"regexp"
	"strings"

	"es-restore/esops"
)

// denied are the codes by which a permission is missing.
// https://www.alibabacloud.com/help/en/ram/support/how-to-troubleshoot-an-access-denied-error
func denied(code string) bool {
	return code == "Forbidden" || code == "Forbidden.RAM" || code == "NoPermission" || code == "NotAuthorized" ||
		code == "ActionUnauthorized" || strings.HasPrefix(code, "NoPermission.")
}

var permissionForm = regexp.MustCompile(`^[a-zA-Z0-9-]{1,40}:[a-zA-Z0-9]{1,60}$`)

// forbidden names the permission. The cloud does it itself, in newer gateways.
func (q question) forbidden(who login, e envelope, at string) *esops.Refusal {
	permission := permissionOf(q.action)
	var detail struct {
		Action text `json:"AuthAction"`
		Type   text `json:"NoPermissionType"`
	}
	if json.Unmarshal(e.Denied, &detail) == nil {
		if named := who.scrub(string(detail.Action)); permissionForm.MatchString(named) {
			permission = named
		}
	}
	wayOut := "Grant it to the RAM user or role of the bot: check prints the policy."
	if detail.Type == "ExplicitDeny" {
		wayOut = "A policy denies it in so many words: take that out. A grant alone does not help."
	}
	on := ""
	if q.instance != "" {
		on = " on " + q.instance
	}
	return esops.Refuse("aliyun_forbidden", wayOut, "The bot lacks the permission %s%s%s.", permission, on, at)
}

// login recognises what is wrong with who asks. The message of a wrong signature
// repeats all that was signed, so no message is shown.
func (q question) login(code, at string) *esops.Refusal {
	is := func(prefix string) bool { return code == prefix || strings.HasPrefix(code, prefix+".") }
	switch {
	case code == "InvalidAccessKeyId.Inactive", code == "Forbidden.AccessKeyDisabled":
		return esops.Refuse("aliyun_key", "Enable it in the RAM console, or use another one.", "The access key is disabled%s.", at)
	case is("InvalidAccessKeyId"):
		return esops.Refuse("aliyun_key", "Check access_key_id.", "Alibaba Cloud knows no such access key%s.", at)
	case is("InvalidAccessKeySecret"), is("SignatureDoesNotMatch"), is("IncompleteSignature"):
		return esops.Refuse("aliyun_secret", "Check access_key_secret, and whether a proxy changes requests.", "The signature does not fit the access key: its secret is wrong%s.", at)
	case is("InvalidSecurityToken"), is("MissingSecurityToken"), is("SecurityTokenExpired"):
		return esops.Refuse("aliyun_token", "Get new ones; the role that gives them may be gone, or this machine's clock wrong.", "The temporary credentials have expired or are not valid%s.", at)
	case is("InvalidTimeStamp"), is("IllegalTimestamp"), is("SignatureNonceUsed"):
		return esops.Refuse("aliyun_clock", "Set this machine's clock: it may be off by 15 minutes at most.", "Alibaba Cloud refuses the time of the request%s.", at)
	}
	return nil
}

// instanceSaid recognises what an instance is or is at.
func (q question) instanceSaid(code, at string) *failure {
	switch code {
	case "InstanceNotFound", "Forbidden.InstanceNotFound", "InvalidInstanceId.NotFound":
		return q.fail(refused, esops.Refuse("aliyun_no_instance", "Check id and region: an instance is known in its own region only, and to its own account.",
			"Alibaba Cloud knows no instance %s in %s%s.", q.instance, q.region, at))
	case "InstanceActivating":
		return q.fail(later, esops.Refuse("aliyun_activating", "Wait until its change is done; that can take from minutes to an hour.",
			"%s is changing and can't be asked now%s.", q.instance, at))
	case "InstanceStatusNotSupportCurrentAction", "ConcurrencyUpdateInstanceConflict", "InstanceDuplicateScheduledTask":
		return q.fail(later, esops.Refuse("aliyun_busy", "Wait until it is active again.",
			"%s is at another change, or in an error, and takes no %s now%s.", q.instance, q.action, at))
	case "RepetitionOperationError", "TokenPreviousRequestProcessError":
		return q.fail(unsure, esops.Refuse("aliyun_repeated", "Try again.", "Alibaba Cloud says that %s was asked before%s.", q.action, at))
	}
	return nil
}
