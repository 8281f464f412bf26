package aliyun

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"unicode"

	"es-restore/esops"
)

// An envelope is what every answer is in, good or bad. encoding/json does not
// mind the case of names, and the API does not keep to one.
type envelope struct {
	RequestID text            `json:"RequestId"`
	Code      text            `json:"Code"`
	Message   text            `json:"Message"`
	Result    json.RawMessage `json:"Result"`
	Denied    json.RawMessage `json:"AccessDeniedDetail"`
	Headers   struct {
		Total number `json:"X-Total-Count"`
	} `json:"Headers"`
}

// scrub takes the login out of what is shown: a gateway may repeat what it got,
// wherever it likes.
func (e *envelope) scrub(who login) {
	for _, t := range []*text{&e.RequestID, &e.Code, &e.Message} {
		*t = text(who.scrub(string(*t)))
	}
}

// A page is a result with the total that stands beside it.
type page struct {
	result any
	total  *int
}

// told reads an answer: into out, or into what went wrong.
func told(q question, who login, a answer, out any) error {
	body := bytes.TrimSpace(a.body)
	fine := a.status >= 200 && a.status < 300
	var e envelope
	switch {
	case len(body) == 0 && fine:
		return q.fail(unsure, esops.Refuse("aliyun_answer", "Try again.", "Alibaba Cloud answered %s with nothing.", q.action)).retry()
	case len(body) == 0 || body[0] != '{' || json.Unmarshal(body, &e) != nil:
		return q.fromElsewhere(a.status)
	}
	e.scrub(who)
	switch {
	case !fine || !allIsWell(string(e.Code)):
		return q.refused(who, a.status, e)
	case len(e.Result) == 0 || string(e.Result) == "null":
		return q.fail(unsure, esops.Refuse("aliyun_answer", "Try again.", "Alibaba Cloud answered %s without a result%s.", q.action, trail("", e))).retry()
	}
	if p, ok := out.(page); ok {
		*p.total, out = int(e.Headers.Total), p.result
	}
	if json.Unmarshal(e.Result, out) != nil {
		return q.fail(unsure, esops.Refuse("aliyun_answer", "Report it with that request's id.",
			"Alibaba Cloud answered %s in a way that is not understood%s.", q.action, trail("", e)))
	}
	return nil
}

// allIsWell are the codes that some actions send with a good answer.
func allIsWell(code string) bool {
	switch strings.ToLower(code) {
	case "", "0", "200", "ok", "success":
		return true
	}
	return false
}

// trail says where to look a thing up: the code, and the request id that the
// vendor's support asks for.
func trail(code string, e envelope) string {
	var parts []string
	if code != "" {
		parts = append(parts, code)
	}
	if id := string(e.RequestID); requestForm.MatchString(id) {
		parts = append(parts, "request "+id)
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

var (
	requestForm = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
	codeForm    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._ -]{0,79}$`)
)

// refused turns an error answer into what it means. What changed nothing for
// sure is listed by its code; any other code leaves a change unsure.
func (q question) refused(who login, status int, e envelope) *failure {
	code := string(e.Code)
	if !codeForm.MatchString(code) {
		code = ""
	}
	at := trail(code, e)
	switch {
	case throttling(code):
		return q.fail(later, esops.Refuse("aliyun_throttled", "Try again in a minute.", "Alibaba Cloud gets too many requests and refuses %s for now%s.", q.action, at)).throttled().retry()
	case denied(code):
		return q.fail(refused, q.forbidden(who, e, at))
	}
	if refusal := q.login(code, at); refusal != nil {
		return q.fail(refused, refusal)
	}
	if failed := q.instanceSaid(code, at); failed != nil {
		return failed
	}
	why := at + reason(string(e.Message))
	switch {
	case code == "InvalidApi.NotFound" || strings.HasPrefix(code, "InvalidAction") || strings.HasPrefix(code, "InvalidVersion"):
		return q.fail(refused, esops.Refuse("aliyun_no_action", "Check the endpoint; the product may not be there in this region.", "What answers there does not know %s%s.", q.action, at))
	case strings.HasPrefix(code, "InvalidRegion"):
		return q.fail(refused, esops.Refuse("aliyun_region", "Write it as the console does, such as cn-hangzhou.", "Alibaba Cloud knows no region %s%s.", q.region, at))
	case strings.HasPrefix(code, "InvalidParameter"), strings.HasPrefix(code, "MissingParameter"):
		return q.fail(refused, esops.Refuse("aliyun_refused", "", "Alibaba Cloud refuses %s%s", q.action, why))
	case status >= http.StatusInternalServerError, code == "InternalError", code == "ServiceUnavailable":
		return q.fail(unsure, esops.Refuse("aliyun_error", "Try again.", "Alibaba Cloud failed at %s%s", q.action, why)).retry()
	case q.changes:
		return q.fail(unsure, esops.Refuse("aliyun_refused", "", "Alibaba Cloud refuses %s%s", q.action, why))
	}
	return q.fail(refused, esops.Refuse("aliyun_refused", "", "Alibaba Cloud refuses %s%s", q.action, why))
}

// throttling tells by code: the status is that of any other refusal.
func throttling(code string) bool {
	return strings.Contains(code, "Throttling") || code == "QPS Limit Exceeded"
}

// reason ends a sentence with the cloud's words.
func reason(words string) string {
	words = strings.TrimRight(shown(words, 300), ".")
	if words == "" {
		return ", and does not say why."
	}
	return ": " + words + "."
}

// quote shows what someone wrote.
func quote(written string) string { return `"` + shown(written, 60) + `"` }

// shown makes one line of a text, not too long.
func shown(text string, most int) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
