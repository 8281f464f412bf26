package aliyun

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
)

// halfAnswer is a provider that reads through a nil pointer, as some of the
// SDK's do when a metadata service leaves a field out.
type halfAnswer struct{}

func (halfAnswer) GetCredentials() (*credentials.Credentials, error) {
	var answer struct{ Secret *string }
	if err := json.Unmarshal([]byte(`{}`), &answer); err != nil {
		return nil, err
	}
	return &credentials.Credentials{AccessKeyId: "a", AccessKeySecret: *answer.Secret}, nil
}

func (halfAnswer) GetProviderName() string { return "half" }

func TestAProviderThatPanicsGivesNoKeys(t *testing.T) {
	k := &keys{chain: func() credentials.CredentialsProvider { return halfAnswer{} }}
	if l, err := k.get(t.Context()); !errors.Is(err, errNoKeys) || l != (login{}) {
		t.Error(err)
	}
	k.chain = func() credentials.CredentialsProvider { return credentials.NewStaticAKCredentialsProvider("a", "b") }
	if l, err := k.get(t.Context()); err != nil || l.id != "a" {
		t.Errorf("it is not asked anew: %v", err)
	}
}
