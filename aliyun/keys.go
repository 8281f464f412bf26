package aliyun

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
)

// A login is who signs one request.
type login struct{ id, secret, token string }

// provider gives it to the SDK, which then asks nobody else.
func (l login) provider() credentials.CredentialsProvider {
	if l.token != "" {
		return credentials.NewStaticSTSCredentialsProvider(l.id, l.secret, l.token)
	}
	return credentials.NewStaticAKCredentialsProvider(l.id, l.secret)
}

// scrub takes the login out of a text that the cloud wrote: it repeats what it
// was sent when a signature is wrong.
func (l login) scrub(text string) string {
	for _, secret := range []string{l.secret, l.token, l.id} {
		if len(secret) > 3 {
			text = strings.ReplaceAll(text, secret, "…")
		}
	}
	return text
}

// keys know who signs. The SDK's providers have no locks and no contexts, and
// ask the network for as long as 15 seconds; so one goroutine at a time asks
// them, and those who wait for it may leave.
type keys struct {
	static *login
	chain  func() credentials.CredentialsProvider

	mu      sync.Mutex
	current credentials.CredentialsProvider // of the running fetch alone
	running *fetch
}

type fetch struct {
	done  chan struct{}
	login login
	err   error
}

func newKeys(o Options) *keys {
	if o.AccessKeyID != "" {
		return &keys{static: &login{o.AccessKeyID, o.AccessKeySecret, o.SecurityToken}}
	}
	return &keys{chain: func() credentials.CredentialsProvider { return credentials.NewDefaultCredentialsProvider() }}
}

// get returns who signs now. A provider keeps temporary keys and renews them
// three minutes before they end.
func (k *keys) get(ctx context.Context) (login, error) {
	if k.static != nil {
		return *k.static, nil
	}
	k.mu.Lock()
	f := k.running
	if f == nil {
		f = &fetch{done: make(chan struct{})}
		k.running = f
		go k.fetch(f)
	}
	k.mu.Unlock()
	select {
	case <-f.done:
		return f.login, f.err
	case <-ctx.Done():
		return login{}, ctx.Err()
	}
}

func (k *keys) fetch(f *fetch) {
	f.login, f.err = k.ask()
	k.mu.Lock()
	k.running = nil
	k.mu.Unlock()
	close(f.done)
}

// errNoKeys stands for whatever a provider said: its texts hold whole answers.
var errNoKeys = errors.New("no credentials")

// ask is only ever run by one goroutine.
func (k *keys) ask() (l login, err error) {
	defer func() {
		if recover() != nil { // a provider that reads half an answer
			err = errNoKeys
		}
		if err != nil {
			// After a pass in which all fail, the default chain asks its last
			// provider only, for ever.
			k.current = nil
		}
	}()
	if k.current == nil {
		k.current = k.chain()
	}
	c, err := k.current.GetCredentials()
	if err != nil || c == nil || c.AccessKeyId == "" || c.AccessKeySecret == "" {
		return login{}, errNoKeys
	}
	return login{c.AccessKeyId, c.AccessKeySecret, c.SecurityToken}, nil
}
