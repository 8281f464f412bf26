package aliyun

import (
	"encoding/json"
	"fmt"
	"slices"
)

// A Permission is one that the bot uses.
type Permission struct {
	Action  string // as a RAM policy names it: elasticsearch:DescribeInstance
	Why     string // what for, in a few words
	Changes bool   // it can't be tried without changing something

	breadth breadth
}

// breadth is how narrow a policy can give a permission, as far as the vendor
// says: on a resource that the action does not know, a grant has no effect.
type breadth int

const (
	oneInstance  breadth = iota // instances/ID
	allInstances                // instances/*
	everything                  // *: documented so, or not documented at all
)

// The sources: "Types of resources that can be authorized" and "Create a custom
// policy" of the vendor's documentation, and its list of actions at
// https://api.alibabacloud.com/document/elasticsearch/2017-06-13/ram
var permissions = []Permission{
	{Action: "elasticsearch:ListInstance", Why: "list instances", breadth: allInstances},
	{Action: "elasticsearch:DescribeInstance", Why: "find the address and version of an instance", breadth: oneInstance},
	{Action: "elasticsearch:DescribeElasticsearchHealth", Why: "see whether an instance is healthy", breadth: oneInstance},
	{Action: "elasticsearch:DescribeSnapshotSetting", Why: "see whether automatic snapshots are taken", breadth: everything},
	{Action: "elasticsearch:ListSnapshotReposByInstanceId", Why: "list shared repositories", breadth: allInstances},
	{Action: "elasticsearch:ListAlternativeSnapshotRepos", Why: "see whether two instances belong to one account", breadth: everything},
	{Action: "elasticsearch:AddSnapshotRepo", Why: "share a repository", Changes: true, breadth: oneInstance},
	{Action: "elasticsearch:DeleteSnapshotRepo", Why: "take a shared repository back", Changes: true, breadth: everything},
}

// Permissions lists every permission the bot uses, those that only read first.
func Permissions() []Permission { return slices.Clone(permissions) }

// permissionOf is the permission that an action of the API takes.
func permissionOf(action string) string { return "elasticsearch:" + action }

// A Scope narrows a policy. The zero Scope is everything of any account.
type Scope struct {
	Region    string
	Account   string   // the number of the account
	Instances []string // by ID
}

// A Policy is a RAM policy.
type Policy struct {
	Version   string      `json:"Version"`
	Statement []Statement `json:"Statement"`
}

// A Statement is one grant of a Policy.
type Statement struct {
	Effect   string   `json:"Effect"`
	Action   []string `json:"Action"`
	Resource []string `json:"Resource"`
}

// String is the policy as it is pasted into the RAM console, on one line.
func (p Policy) String() string {
	b, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Sprintf("a policy is always JSON: %v", err)) // plain data by type
	}
	return string(b)
}

// ReadPolicy gives what looking takes: clusters, repositories, plans.
func ReadPolicy(s Scope) Policy {
	return policy(s, func(p Permission) bool { return !p.Changes })
}

// SharePolicy gives what sharing takes, looking included.
func SharePolicy(s Scope) Policy {
	return policy(s, func(Permission) bool { return true })
}

// policy has one statement for each breadth.
func policy(s Scope, wanted func(Permission) bool) Policy {
	p := Policy{Version: "1"}
	for b := oneInstance; b <= everything; b++ {
		var actions []string
		for _, one := range permissions {
			if one.breadth == b && wanted(one) {
				actions = append(actions, one.Action)
			}
		}
		if len(actions) > 0 {
			p.Statement = append(p.Statement, Statement{Effect: "Allow", Action: actions, Resource: s.resources(b)})
		}
	}
	return p
}

func (s Scope) resources(b breadth) []string {
	if b == everything {
		return []string{"*"}
	}
	any := func(part string) string {
		if part == "" {
			return "*"
		}
		return part
	}
	prefix := "acs:elasticsearch:" + any(s.Region) + ":" + any(s.Account) + ":instances/"
	if b == allInstances || len(s.Instances) == 0 {
		return []string{prefix + "*"}
	}
	var resources []string
	for _, id := range s.Instances {
		resources = append(resources, prefix+id)
	}
	return resources
}
