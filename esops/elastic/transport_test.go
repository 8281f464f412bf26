package elastic

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"testing"
)

type answering func(*http.Request) (*http.Response, error)

func (a answering) RoundTrip(req *http.Request) (*http.Response, error) { return a(req) }

// go-elasticsearch sends a request again whose connection ended with a bare io.EOF,
// also where it is told not to. Which ends are bare is up to net/http.
func TestARequestWhoseConnectionEndsIsNotSentAgain(t *testing.T) {
	base, err := url.Parse("http://localhost:9200")
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF} {
		sent := 0
		client, err := library(Options{Name: "prod-b"}, base, answering(func(*http.Request) (*http.Response, error) {
			sent++
			return nil, end
		}))
		if err != nil {
			t.Fatal(err)
		}
		req, err := request{method: http.MethodPost, segments: []string{"_snapshot", "r", "s", "_restore"}}.build(t.Context(), base)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := perform(client, req); !errors.Is(err, end) || sent != 1 {
			t.Errorf("%v: sent %d times, and it came to %v", end, sent, err)
		}
	}
}
