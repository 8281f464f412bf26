package sandbox

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"strings"

	"es-restore/config"
)

// configured puts a front before each cluster that a configuration names. One
// whose address only Alibaba Cloud knows has none, so it can't be disturbed.
func configured(c *config.Config, told func(asked)) (*fleet, error) {
	f := &fleet{}
	var names []string
	for _, one := range c.Clusters {
		names = append(names, one.Name)
		target, err := url.Parse(one.URL)
		if one.URL == "" || err != nil {
			continue
		}
		transport := http.DefaultTransport.(*http.Transport).Clone()
		if len(one.CA) > 0 {
			pool := x509.NewCertPool()
			pool.AppendCertsFromPEM(one.CA)
			transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
		}
		before, err := newFront(one.Name, forward(target, transport), told)
		if err := f.add(one.Name, before, err); err != nil {
			f.shut()
			return nil, err
		}
	}
	f.about = "Elasticsearch is yours: " + strings.Join(names, ", ") + ". What is approved here is really restored there."
	return f, nil
}

// use lets the bot reach each cluster through its front.
func (d document) use(f *fleet) {
	for _, entry := range d.clusters() {
		name, _ := entry["name"].(string)
		if before := f.front(name); before != nil {
			entry["url"] = before.url()
			delete(entry, "ca_file")
		}
	}
}
