package elastic

import (
	"fmt"
	"net/http"
)

// A shim stands between go-elasticsearch v7 and the network, for two things
// that the library does to servers before 7.14 and to lost answers.
//
//   - It takes a server for Elasticsearch only when a header says so that came
//     with 7.14, and some builds strip it. Who answers is checked by Cluster.
//   - It sends a request again when the connection ends with a bare io.EOF,
//     even with DisableRetry; wrapped, it does not recognise it.
type shim struct{ next http.RoundTripper }

func (s *shim) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := s.next.RoundTrip(req)
	if err != nil {
		return nil, &lostAnswer{err}
	}
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		res.Header.Set("X-Elastic-Product", "Elasticsearch")
	}
	return res, nil
}

// A lostAnswer is a request without a whole answer. It hides what net.Error
// would tell the library, which must not retry on it.
type lostAnswer struct{ cause error }

func (l *lostAnswer) Error() string { return fmt.Sprintf("no answer: %v", l.cause) }
func (l *lostAnswer) Unwrap() error { return l.cause }
