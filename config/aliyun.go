package config

// Aliyun is how to ask Alibaba Cloud about instances.
type Aliyun struct {
	Region   string // of clusters that name none; empty: each names its own
	Endpoint string // with scheme; empty: the one of the region
	// AccessKeyID and AccessKeySecret are both given, or none is and the SDK's
	// default chain holds.
	AccessKeyID     Secret
	AccessKeySecret Secret
}

func readAliyun(root section) *Aliyun {
	if !root.has("aliyun") {
		return nil
	}
	s := root.sub("aliyun")
	if s.has("access_key_id") != s.has("access_key_secret") {
		s.problem("one of access_key_id and access_key_secret without the other", "write both, or none to use the SDK's default chain")
	}
	return &Aliyun{
		Region:          read(s, "region", node.word, ""),
		Endpoint:        read(s, "endpoint", node.endpoint, ""),
		AccessKeyID:     read(s, "access_key_id", node.secret, Secret{}),
		AccessKeySecret: read(s, "access_key_secret", node.secret, Secret{}),
	}
}

// endpoint reads a URL, or "" for the usual one.
func (n node) endpoint() (string, bool) {
	if text, ok := n.text(); !ok || text == "" {
		return "", ok
	}
	return n.webURL()
}
