package aliyun

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/url"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/responses"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/elasticsearch"
)

// The SDK fills this map on its first use, without a lock (its issue 523).
var _ = elasticsearch.GetEndpointMap()

// Of a question there are at most three attempts; of a change there is one.
const retries = 2

// A question is one call of the API, as data.
type question struct {
	action   string // its name, which is its permission's name too
	region   string // empty: the client's
	single   bool   // it is about one instance
	instance string // which one
	changes  bool
	// request makes a fresh one: the SDK fills it in while sending it.
	request func() requests.AcsRequest
}

// about is a question about one instance. path goes into the request as it is.
func about(action, region, instance string, request func(path string) requests.AcsRequest) question {
	return question{action: action, region: region, single: true, instance: instance, request: func() requests.AcsRequest {
		return request(url.PathEscape(instance))
	}}
}

// do asks, and decodes the result into out. Questions are asked again when that
// may help.
func (c *Client) do(ctx context.Context, q question, out any) error {
	if q.region == "" {
		q.region = c.region
	}
	if err := checkRegion(q.region); err != nil {
		return err
	}
	if q.single {
		if err := checkInstance(q.instance); err != nil {
			return err
		}
	}
	for attempt := 0; ; attempt++ {
		err := c.attempt(ctx, q, out)
		var failed *failure
		if err == nil || q.changes || attempt == retries || !errors.As(err, &failed) || !failed.again {
			return err
		}
		if c.pause(ctx, backoff(attempt)) != nil || ctx.Err() != nil {
			return failed.because(context.Cause(ctx))
		}
	}
}

// backoff is 200 to 600 ms after the first attempt, and three times as long
// after the second: many that were throttled together do not come back together.
func backoff(attempt int) time.Duration {
	d := 200 * time.Millisecond
	for range attempt {
		d *= 3
	}
	return d + time.Duration(rand.Int64N(int64(2*d))) //nolint:gosec // when to ask again is no secret
}

// attempt sends a question once and tells what came of it.
func (c *Client) attempt(ctx context.Context, q question, out any) error {
	within, cancel := context.WithTimeout(ctx, c.within(q))
	defer cancel()
	who, err := c.keys.get(within)
	if err != nil {
		return c.unanswered(ctx, q, false, err)
	}
	next := c.asks
	if q.changes {
		next = c.changes
	}
	w := newWire(within, next, c.endpoint)
	err = send(q, who, w)
	if w.answer != nil {
		// The SDK's own reading of it is not asked for.
		return told(q, who, *w.answer, out)
	}
	if w.err != nil {
		err = w.err
	}
	return c.unanswered(ctx, q, w.sent.Load(), err)
}

func (c *Client) within(q question) time.Duration {
	switch {
	case c.timeout > 0:
		return c.timeout
	case q.changes:
		return changeWithin
	}
	return askWithin
}

// errSDK stands for whatever the SDK says or panics with before it has sent
// anything.
var errSDK = errors.New("the SDK failed")

// send lets a throw-away client of the SDK sign a question and hand it to the
// wire. Its error says only that nothing came of it.
func send(q question, who login, w *wire) (err error) {
	defer func() {
		// Numbers where the API has text make it panic, among others.
		if recover() != nil {
			err = errSDK
		}
	}()
	config := sdk.NewConfig().WithScheme(requests.HTTPS).WithAutoRetry(false).WithMaxRetryTime(0).
		WithTimeout(time.Hour). // the wire ends earlier
		WithUserAgent("es-restore")
	config.Transport = w
	client, err := elasticsearch.NewClientWithOptions(q.region, config, who.provider())
	if err != nil {
		return errSDK
	}
	// It reads the environment's proxies with rules of its own: NO_PROXY as
	// patterns, and a proxy's password into its errors. The wire's transport
	// knows them, and these are not used.
	client.SetHttpProxy("http://localhost")
	client.SetHttpsProxy("http://localhost")
	client.SetNoProxy("localhost")
	client.SetCloseTrace(true)
	request := q.request()
	// Which the API describes and its SDK leaves out. The host says the same,
	// unless there is a proxy in between.
	request.GetHeaders()["x-acs-region-id"] = q.region
	if client.DoAction(request, responses.NewCommonResponse()) != nil {
		return errSDK
	}
	return nil
}
