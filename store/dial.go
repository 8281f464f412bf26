package store

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Options say where Redis is. Exactly one of URL, Sentinel and Cluster is set.
type Options struct {
	URL      string // redis://, rediss:// or unix://
	Master   string // the name sentinels know it by
	Sentinel []string
	Cluster  []string
	Username string
	Password string
	CAFile   []byte // PEM
}

// Times of a connection. A click must be on record within 2.5 s.
const (
	dialWithin = 2 * time.Second
	readWithin = 2 * time.Second
)

// LogTo gives log what the Redis library has to say. It is for debugging alone:
// every error reaches a caller as well. The library has one logger for the whole
// process.
func LogTo(log func(context.Context, string)) { redis.SetLogger(logger(log)) }

type logger func(context.Context, string)

// Printf implements the library's logger.
func (l logger) Printf(ctx context.Context, format string, args ...any) {
	l(ctx, fmt.Sprintf(format, args...))
}

// Dial makes a client. It does not connect, and never tries a command again on
// its own; that of a cluster does, while it looks for the server that has a key.
func Dial(o Options) (redis.UniversalClient, error) {
	universal := &redis.UniversalOptions{Username: o.Username, Password: o.Password}
	switch {
	case o.Master != "":
		universal.MasterName, universal.Addrs = o.Master, o.Sentinel
	case len(o.Cluster) > 0:
		universal.Addrs, universal.IsClusterMode = o.Cluster, true
	default:
		single, err := redis.ParseURL(o.URL)
		if err != nil {
			return nil, errors.New("redis.url is not of the form redis://host:6379/0") // the text can hold a password
		}
		if o.Username != "" {
			single.Username = o.Username
		}
		if o.Password != "" {
			single.Password = o.Password
		}
		if single.TLSConfig, err = withCA(single.TLSConfig, o.CAFile); err != nil {
			return nil, err
		}
		single.MaxRetries, single.ContextTimeoutEnabled = -1, true
		single.DialTimeout, single.ReadTimeout, single.WriteTimeout = dialWithin, readWithin, readWithin
		return redis.NewClient(single), nil
	}
	var err error
	if len(o.CAFile) > 0 {
		if universal.TLSConfig, err = withCA(&tls.Config{MinVersion: tls.VersionTLS12}, o.CAFile); err != nil {
			return nil, err
		}
	}
	universal.MaxRetries, universal.ContextTimeoutEnabled = -1, true
	universal.DialTimeout, universal.ReadTimeout, universal.WriteTimeout = dialWithin, readWithin, readWithin
	return redis.NewUniversalClient(universal), nil
}

// withCA adds an authority to a connection that is encrypted; rediss:// makes
// it so.
func withCA(config *tls.Config, ca []byte) (*tls.Config, error) {
	if config == nil || len(ca) == 0 {
		return config, nil
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("redis.ca_file holds no PEM certificate")
	}
	return config, nil
}
