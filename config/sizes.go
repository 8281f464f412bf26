package config

import "fmt"

// ParseSize reads a size as the file has it, such as 500mb; the units are
// counted by 1024.
func ParseSize(text string) (int64, error) {
	size, ok := parseSize(text)
	if !ok {
		return 0, fmt.Errorf("%q is not a size such as 500mb", text)
	}
	return size, nil
}
