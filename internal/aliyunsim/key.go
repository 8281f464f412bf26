package aliyunsim

import (
	"slices"
	"time"
)

// A Key is an access key of a RAM user, or the temporary one of a role.
type Key struct {
	ID      string
	Secret  string
	Account string // default DefaultAccount
	// Token makes it a temporary key: requests must carry the token too.
	Token string
	// Expires is when a temporary key ends; zero is never.
	Expires  time.Time
	Disabled bool
	// Denied are the actions it may not call, such as "AddSnapshotRepo"; "*" is
	// every one.
	Denied []string
	// Terse leaves AccessDeniedDetail out of refusals, as older gateways do.
	Terse bool
}

// PutKey adds a key, or replaces the one of that ID.
func (s *Server) PutKey(k Key) {
	if k.Account == "" {
		k.Account = DefaultAccount
	}
	s.locked(func() { s.keys[k.ID] = &k })
}

// RemoveKey deletes a key.
func (s *Server) RemoveKey(id string) { s.locked(func() { delete(s.keys, id) }) }

// Deny takes permissions from a key.
func (s *Server) Deny(keyID string, actions ...string) {
	s.locked(func() {
		if k, ok := s.keys[keyID]; ok {
			k.Denied = append(k.Denied, actions...)
		}
	})
}

// Permit gives permissions back to a key.
func (s *Server) Permit(keyID string, actions ...string) {
	s.locked(func() {
		if k, ok := s.keys[keyID]; ok {
			k.Denied = slices.DeleteFunc(k.Denied, func(a string) bool { return slices.Contains(actions, a) })
		}
	})
}

// authorize refuses an action that the key may not call.
func (k *Key) authorize(action string) *reply {
	if !slices.Contains(k.Denied, action) && !slices.Contains(k.Denied, "*") {
		return nil
	}
	r := failure("Forbidden.RAM", "User not authorized to operate on the specified resource, or this API doesn't support RAM.")
	if !k.Terse {
		r.body["AccessDeniedDetail"] = object{
			"PolicyType": "AccountLevelIdentityBasedPolicy", "AuthPrincipalOwnerId": k.Account,
			"EncodedDiagnosticMessage": "AQEAAAAAZBgxr0U1MjA1NTM1LUM4", "AuthPrincipalType": "SubUser",
			"AuthPrincipalDisplayName": "20000000000000001", "NoPermissionType": "ImplicitDeny",
			"AuthAction": "elasticsearch:" + action,
		}
	}
	return r
}
