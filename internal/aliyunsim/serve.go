package aliyunsim

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

// apiVersion is the only one there is.
const apiVersion = "2017-06-13"

// A caller is who asks, and in which region.
type caller struct{ account, region string }

// A call is one request that was let in.
type call struct {
	caller

	instance string
	request  Request
}

// An action is what a path and a method stand for.
type action struct {
	name    string
	changes bool
	run     func(*Server, call) *reply
}

// routes are the actions by method and path, with {} for an instance.
var routes = map[string]action{
	"GET /openapi/regions":                                 {"DescribeRegions", false, (*Server).describeRegions},
	"GET /openapi/instances":                               {"ListInstance", false, (*Server).listInstance},
	"GET /openapi/instances/{}":                            {"DescribeInstance", false, (*Server).describeInstance},
	"GET /openapi/instances/{}/elasticsearch-health":       {"DescribeElasticsearchHealth", false, (*Server).describeHealth},
	"GET /openapi/instances/{}/snapshot-setting":           {"DescribeSnapshotSetting", false, (*Server).describeSetting},
	"POST /openapi/instances/{}/snapshot-setting":          {"UpdateSnapshotSetting", true, (*Server).updateSetting},
	"POST /openapi/instances/{}/snapshots":                 {"CreateSnapshot", true, (*Server).createSnapshot},
	"GET /openapi/instances/{}/snapshot-repos":             {"ListSnapshotReposByInstanceId", false, (*Server).listShared},
	"POST /openapi/instances/{}/snapshot-repos":            {"AddSnapshotRepo", true, (*Server).addShared},
	"DELETE /openapi/instances/{}/snapshot-repos":          {"DeleteSnapshotRepo", true, (*Server).removeShared},
	"GET /openapi/instances/{}/alternative-snapshot-repos": {"ListAlternativeSnapshotRepos", false, (*Server).listAlternatives},
}

// route finds the action of a request, and the instance it is about.
func route(method, path string) (action, string) {
	parts := strings.Split(path, "/")
	instance := ""
	if len(parts) > 3 && parts[2] == "instances" {
		instance, parts[3] = parts[3], "{}"
	}
	return routes[method+" "+strings.Join(parts, "/")], instance
}

// serve takes one request through everything that can befall it.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	act, instance := route(r.Method, r.URL.Path)
	key, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "acs "), ":")
	record := &Request{
		Time: s.now(), Action: act.name, Instance: instance, Region: regionOf(r), Key: key, From: r.RemoteAddr, Method: r.Method,
		Path: r.URL.EscapedPath(), Query: r.URL.Query(), Header: r.Header.Clone(), Body: string(body),
	}
	s.begin(record)
	fault := s.takeFault(record)
	if !s.throughGates(r.Context(), act.name) || !s.suffer(r.Context(), fault) {
		s.end(record, 0, "")
		cut(w)
		return
	}
	var answer *reply
	if fault.acts || fault.reply == nil && !fault.drop {
		answer = s.perform(r, body, act, record)
	}
	if fault.reply != nil {
		answer = fault.reply
	}
	if fault.drop {
		s.end(record, 0, "")
		cut(w)
		return
	}
	// Recorded first: whoever has the answer finds the request done.
	s.end(record, answer.status, answer.code)
	answer.send(w, s.requestID())
}

// perform checks a request and does what it asks for.
func (s *Server) perform(r *http.Request, body []byte, act action, record *Request) *reply {
	key, refusal := s.authenticate(r, body)
	if refusal != nil {
		return refusal
	}
	if act.run == nil || r.Header.Get("X-Acs-Version") != apiVersion {
		return failure("InvalidApi.NotFound", "Specified api is not found, please check your url and method.")
	}
	if refusal := key.authorize(act.name); refusal != nil {
		return refusal
	}
	answer := act.run(s, call{caller: caller{key.Account, record.Region}, instance: record.Instance, request: s.copyOf(record)})
	if act.changes && answer.code == "" {
		s.locked(func() { record.Acted = true })
	}
	return answer
}

// regionOf is where a request wants to be: the endpoint's name says it, or the
// header that the API describes and its SDK does not send.
func regionOf(r *http.Request) string {
	if region := r.Header.Get("X-Acs-Region-Id"); region != "" {
		return region
	}
	if rest, ok := strings.CutPrefix(r.Host, "elasticsearch."); ok {
		region, _, _ := strings.Cut(rest, ".")
		return region
	}
	return ""
}

// cut ends a connection without an answer.
func cut(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			_ = conn.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}

// requestID makes the next one, in the form of the real ones.
func (s *Server) requestID() string {
	n := 0
	s.locked(func() { s.answers++; n = s.answers })
	return fmt.Sprintf("D21379E3-A54E-4C86-A64C-%012X", n)
}
