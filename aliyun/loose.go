package aliyun

import (
	"encoding/json"
	"strconv"
	"strings"
)

// The API is not of one mind about scalars: numbers come as text and text as
// numbers, from one action to the next and from one year to the next. The SDK
// reads them loosely, and so does this. What is neither is taken for nothing,
// so that one odd field does not lose an answer.
type (
	text   string
	number int
	truth  bool
)

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(data []byte) error {
	*t = text(scalar(data))
	return nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(data []byte) error {
	f, err := strconv.ParseFloat(scalar(data), 64)
	if err != nil || f != f || f < -1<<53 || f > 1<<53 {
		f = 0
	}
	*n = number(f)
	return nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *truth) UnmarshalJSON(data []byte) error {
	s := strings.ToLower(scalar(data))
	*t = truth(s == "true" || s == "1")
	return nil
}

// scalar is the text of a JSON scalar, "" for anything else.
func scalar(data []byte) string {
	var v any
	if json.Unmarshal(data, &v) != nil {
		return ""
	}
	switch v := v.(type) {
	case string:
		return v
	case float64, bool:
		return string(data)
	}
	return ""
}
