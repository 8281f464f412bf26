package aliyunsim

import (
	"encoding/json"
	"fmt"
	"net/http"
)

type object = map[string]any

// A reply is what goes back, before a request id is given to it.
type reply struct {
	status int
	code   string
	body   object
	raw    *string // instead of the body
	html   bool
	header http.Header
}

// statuses are those of the codes, as documented or seen. What is not here goes
// out as 400, as most do.
var statuses = map[string]int{
	"Forbidden.RAM":               http.StatusForbidden,
	"InternalError":               http.StatusInternalServerError,
	"InvalidAccessKeyId.NotFound": http.StatusNotFound,
	"InvalidApi.NotFound":         http.StatusNotFound,
	"ServiceUnavailable":          http.StatusServiceUnavailable,
}

func statusOf(code string) int {
	if status, ok := statuses[code]; ok {
		return status
	}
	return http.StatusBadRequest
}

func failure(code, format string, args ...any) *reply {
	return &reply{status: statusOf(code), code: code, body: object{"Code": code, "Message": fmt.Sprintf(format, args...), "HostId": "elasticsearch.aliyuncs.com"}}
}

func result(value any) *reply {
	return &reply{status: http.StatusOK, body: object{"Result": value}}
}

// The refusals. The vendor documents these codes, or its Terraform provider
// handles them.
func noInstance() *reply {
	return failure("InstanceNotFound", "The instanceId provided does not exist.")
}

// noInstance404 is what two of the actions answer in place of 400.
func noInstance404() *reply {
	r := noInstance()
	r.status = http.StatusNotFound
	return r
}

func activating() *reply {
	return failure("InstanceActivating", "Instance is activating.")
}

func wrongStatus() *reply {
	return failure("InstanceStatusNotSupportCurrentAction", "The cluster is running tasks or in an error status. Try again later.")
}

func alreadyDone() *reply {
	return failure("RepetitionOperationError", "The operation was repeated.")
}

// These are made up: the vendor documents no code for them.
func newerSource() *reply {
	return failure("SnapshotRepoVersionNotSupport", "The version of the source is later than that of the instance.")
}

func noRepository() *reply {
	return failure("SnapshotRepoNotFound", "The repository provided does not exist.")
}

// send writes a reply under a request id.
func (r *reply) send(w http.ResponseWriter, id string) {
	for name, values := range r.header {
		w.Header()[name] = values
	}
	switch {
	case r.html:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(r.status)
		_, _ = fmt.Fprintf(w, "<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n<center><h1>%[1]d %[2]s</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
			r.status, http.StatusText(r.status))
		return
	case r.raw != nil:
		w.WriteHeader(r.status)
		_, _ = w.Write([]byte(*r.raw))
		return
	}
	body := object{"RequestId": id}
	for name, value := range r.body {
		body[name] = value
	}
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(r.status)
	_ = json.NewEncoder(w).Encode(body)
}
