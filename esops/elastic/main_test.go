package elastic_test

import (
	"testing"

	"go.uber.org/goleak"

	"es-restore/esops/elastic"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client reaches a cluster called es-cn-b at url.
func client(t testing.TB, url string) *elastic.Client {
	t.Helper()
	return clientOf(t, elastic.Options{URL: url})
}

func clientOf(t testing.TB, o elastic.Options) *elastic.Client {
	t.Helper()
	o.Name = "es-cn-b"
	c, err := elastic.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}
