package elastic

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"es-restore/esops"
)

// What the bot does with a cluster, as privileges. Action names are privileges
// too, so the role need not give "manage".
var (
	readPrivileges  = []string{"monitor", "cluster:admin/repository/get", "cluster:admin/snapshot/get", "cluster:admin/snapshot/status"}
	writePrivileges = []string{"cluster:admin/snapshot/restore"}
	readIndex       = []string{"monitor", "read", "view_index_metadata"}
	writeIndex      = []string{"indices:admin/settings/update", "indices:admin/aliases", "delete_index"}
)

// A Role is what a user of the bot needs on one cluster.
type Role struct {
	Cluster []string    `json:"cluster"`
	Indices []RoleIndex `json:"indices"`
}

// A RoleIndex is the part of a Role about indices.
type RoleIndex struct {
	Names      []string `json:"names"`
	Privileges []string `json:"privileges"`
}

// LeastRole is the role with the least rights the bot can work with.
func LeastRole(readOnly bool) Role {
	role := Role{Cluster: slices.Clone(readPrivileges), Indices: []RoleIndex{{Names: []string{"*"}, Privileges: slices.Clone(readIndex)}}}
	if !readOnly {
		role.Cluster = append(role.Cluster, writePrivileges...)
		role.Indices[0].Privileges = append(role.Indices[0].Privileges, writeIndex...)
	}
	return role
}

// Privileges asks the cluster which of a role's rights the bot's login lacks.
// known is false where there is no security to ask, as far as can be seen.
func (c *Client) Privileges(ctx context.Context, role Role) (missing []string, known bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	body := map[string]any{"cluster": role.Cluster, "index": role.Indices}
	for _, segments := range [][]string{{"_security", "user", "_has_privileges"}, {"_xpack", "security", "user", "_has_privileges"}} {
		req, err := request{method: http.MethodPost, segments: segments, body: body}.build(ctx, c.base)
		if err != nil {
			return nil, false, err
		}
		status, answer, err := perform(c.reads, req)
		if err != nil {
			return nil, false, c.unreachable(err)
		}
		if status == http.StatusOK {
			missing, err := lacking(answer)
			return missing, err == nil, err
		}
		if status == http.StatusUnauthorized {
			return nil, false, c.unauthorized()
		}
	}
	return nil, false, nil
}

// lacking lists the rights an answer denies.
func lacking(answer []byte) ([]string, error) {
	var said struct {
		Cluster map[string]bool            `json:"cluster"`
		Index   map[string]map[string]bool `json:"index"`
	}
	if err := json.Unmarshal(answer, &said); err != nil {
		return nil, errors.Join(esops.ErrUnavailable, err)
	}
	var missing []string
	for privilege, has := range said.Cluster {
		if !has {
			missing = append(missing, "cluster: "+privilege)
		}
	}
	for pattern, privileges := range said.Index {
		for privilege, has := range privileges {
			if !has {
				missing = append(missing, "indices "+pattern+": "+privilege)
			}
		}
	}
	slices.Sort(missing)
	return missing, nil
}
