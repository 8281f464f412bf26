package esops

import (
	"fmt"
	"slices"
)

// swapOf plans the move of an alias to the restored index, or says what is in
// the way.
func swapOf(plan Plan, state State) (*AliasMove, []Finding) {
	alias := plan.Flags.Swap
	if alias == "" || len(plan.Items) == 0 {
		return nil, nil
	}
	block := func(code, wayOut, format string, args ...any) (*AliasMove, []Finding) {
		return nil, []Finding{{Code: code, Severity: Blocking, Sentence: fmt.Sprintf(format, args...), WayOut: wayOut}}
	}
	if len(plan.Items) != 1 {
		return block("swap_one_index", "Name one index.", "An alias is swapped to one index, and this picks %d.", len(plan.Items))
	}
	if why := illegalName(alias); why != "" {
		return block("illegal_name", "Choose another alias.", "%q can't be an alias: %s.", alias, why)
	}
	target := plan.Items[0].Target
	now, there := state.Targets[alias]
	switch {
	case alias == target:
		return block("swap_to_itself", "Restore it beside with --as 'restored-$1'.", "The alias %s and the restored index would have one name.", alias)
	case there && now.State != TargetAlias:
		return block("swap_not_alias", "Give the name of an alias.", "%s is no alias on %s but an index.", alias, plan.Cluster)
	case len(now.Behind) > 1:
		return block("swap_many", "Move it by hand after a restore beside it.", "The alias %s is for %d indices: %s.", alias, len(now.Behind), some(now.Behind))
	}
	from := slices.Sorted(slices.Values(now.Behind))
	move := &AliasMove{Alias: alias, From: from, To: target}
	if len(from) == 0 {
		return move, []Finding{{Code: "alias_made", Severity: Note, Sentence: fmt.Sprintf("There is no alias %s yet; it is made for %s.", alias, target)}}
	}
	return move, []Finding{{Code: "swaps_alias", Severity: Warning,
		Sentence: fmt.Sprintf("The alias %s moves from %s to %s in one act, once the restored index is whole; %s stays as it is.", alias, from[0], target, from[0])}}
}
