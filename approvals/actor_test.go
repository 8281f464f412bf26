package approvals_test

import (
	"encoding/json"
	"slices"
	"testing"

	"es-restore/approvals"
)

func TestAPrincipalIsReadAsItIsWritten(t *testing.T) {
	for _, text := range []string{"group:S0DBA", "user:U0ANNA", "user:W012345"} {
		p, err := approvals.ParsePrincipal(text)
		if err != nil || p.String() != text {
			t.Errorf("%q is read as %q, %v", text, p, err)
		}
		encoded, err := json.Marshal(p)
		var decoded approvals.Principal
		if err != nil || json.Unmarshal(encoded, &decoded) != nil || decoded != p {
			t.Errorf("%q does not survive JSON: %s, %v", text, encoded, err)
		}
	}
	for _, text := range []string{"", "S0DBA", "group:", "user:", "team:S0DBA", "group:s0dba", "group: S0DBA", "group:S0 DBA", "group:@dba", "Group:S0DBA", "user:<@U0ANNA>"} {
		if p, err := approvals.ParsePrincipal(text); err == nil {
			t.Errorf("%q is read as %v", text, p)
		}
	}
}

func TestAnActorIsWhoTheyAreAndInTheirGroups(t *testing.T) {
	a := approvals.Actor{ID: anna, Name: carl, Groups: []string{eng, ben}}
	tests := []struct {
		principal approvals.Principal
		is        bool
	}{
		{user(anna), true},
		{group(eng), true},
		{user(carl), false},  // a name is not an ID
		{group(anna), false}, // nor is a person a group
		{user(ben), false},   // nor a group a person
		{user(eng), false},
		{group(dba), false},
	}
	for _, test := range tests {
		if got := a.Is(test.principal); got != test.is {
			t.Errorf("%v: %v", test.principal, got)
		}
	}
	if a.IsAny(nil) {
		t.Error("nobody is anyone of none")
	}
	if !a.IsAny([]approvals.Principal{user(carl), group(eng)}) {
		t.Error("Anna is in one of them")
	}
}

func TestGroupsAreListedOnce(t *testing.T) {
	got := approvals.GroupsOf([]approvals.Principal{group(dba), user(anna), group(sre), group(dba)})
	if !slices.Equal(got, []string{dba, sre}) {
		t.Errorf("they are %v", got)
	}
}
