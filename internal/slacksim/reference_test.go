package slacksim_test

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"es-restore/internal/slacksim"
)

func userJSON(t *testing.T, s *slacksim.Server, id string) obj {
	t.Helper()
	answer := call(t, s, "users.info", "user", id)
	wantOK(t, answer)
	return answer["user"].(obj)
}

func TestUsersShowWhatTellsAMemberFromEverybodyElse(t *testing.T) {
	s := workspace(t)
	s.PutUser(slacksim.User{ID: "U0GUEST", Restricted: true})
	s.PutUser(slacksim.User{ID: "U0EXT", TeamID: "T0PARTNER"})
	s.PutUser(slacksim.User{ID: "U0FAR", TeamID: "T0PARTNER", Stranger: true})
	s.PutUser(slacksim.User{ID: "W0GRID", EnterpriseID: "E1", Teams: []string{"T0ACME", "T0B"}})
	s.PutUser(slacksim.User{ID: "U0GONE", Deleted: true})
	for _, c := range []struct {
		id, key string
		want    any
	}{
		{alice, "team_id", "T0ACME"}, {alice, "is_stranger", nil}, {alice, "deleted", false}, {alice, "is_restricted", false},
		{"U0GUEST", "is_restricted", true}, {"U0EXT", "team_id", "T0PARTNER"}, {"U0EXT", "is_stranger", false},
		{"U0FAR", "is_stranger", true}, {"U0GONE", "deleted", true}, {"U0GONE", "is_restricted", nil}, {s.App().BotUserID, "is_bot", true},
	} {
		if got := userJSON(t, s, c.id)[c.key]; got != c.want {
			t.Errorf("%s %s: %v, want %v", c.id, c.key, got, c.want)
		}
	}
	if grid := userJSON(t, s, "W0GRID")["enterprise_user"].(obj); grid["enterprise_id"] != "E1" || len(grid["teams"].([]any)) != 2 {
		t.Errorf("enterprise_user %v", grid)
	}
	wantError(t, call(t, s, "users.info", "user", "U0NONE"), "user_not_found")
}

func TestAnAddressIsShownOnlyWithItsScope(t *testing.T) {
	s := workspace(t)
	if _, there := userJSON(t, s, bob)["profile"].(obj)["email"]; there {
		t.Error("the address is shown without users:read.email")
	}
	wantError(t, call(t, s, "users.lookupByEmail", "email", "bob@example.org"), "missing_scope")
	s.SetScopes("users:read", "users:read.email")
	if got := userJSON(t, s, bob)["profile"].(obj)["email"]; got != "bob@example.org" {
		t.Errorf("address %v", got)
	}
	if got := call(t, s, "users.lookupByEmail", "email", "bob@example.org")["user"].(obj)["id"]; got != bob {
		t.Errorf("found %v", got)
	}
	wantError(t, call(t, s, "users.lookupByEmail", "email", "no@example.org"), "users_not_found")
}

func TestGroupsListTheirMembersUnlessDisabled(t *testing.T) {
	s := workspace(t)
	s.PutGroup(slacksim.Group{ID: "S0DBA", Handle: "dba", Members: []string{alice, bob}})
	s.PutGroup(slacksim.Group{ID: "S0OLD", Handle: "old", Members: []string{alice}, Disabled: true})
	ids := func(args ...string) (out []string) {
		for _, g := range call(t, s, "usergroups.list", args...)["usergroups"].([]any) {
			out = append(out, g.(obj)["id"].(string))
		}
		return out
	}
	if diff := cmp.Diff([]string{"S0DBA"}, ids()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"S0DBA", "S0OLD"}, ids("include_disabled", "true")); diff != "" {
		t.Error(diff)
	}
	first := call(t, s, "usergroups.list", "include_users", "true", "include_count", "1")["usergroups"].([]any)[0].(obj)
	if diff := cmp.Diff([]any{alice, bob}, first["users"]); diff != "" || first["user_count"] != 2.0 || first["handle"] != "dba" {
		t.Errorf("group %v", first)
	}
	if diff := cmp.Diff([]any{alice, bob}, call(t, s, "usergroups.users.list", "usergroup", "S0DBA")["users"]); diff != "" {
		t.Error(diff)
	}
	s.EditGroup("S0DBA", func(g *slacksim.Group) { g.Members = []string{bob} })
	if diff := cmp.Diff([]any{bob}, call(t, s, "usergroups.users.list", "usergroup", "S0DBA")["users"]); diff != "" {
		t.Error(diff)
	}
	wantError(t, call(t, s, "usergroups.users.list", "usergroup", "S0NONE"), "no_such_subteam")
	wantError(t, call(t, s, "usergroups.users.list", "usergroup", "S0OLD"), "no_such_subteam")
	wantError(t, call(t, s, "usergroups.users.list"), "invalid_arguments")
	s.SetUserGroupsPlan(false)
	wantError(t, call(t, s, "usergroups.users.list", "usergroup", "S0DBA"), "plan_upgrade_required")
	if n := len(s.Groups()); n != 2 {
		t.Errorf("%d groups", n)
	}
}

func TestListsComeInPages(t *testing.T) {
	s := workspace(t)
	var got []any
	cursor := ""
	for range 5 {
		answer := call(t, s, "conversations.members", "channel", ops, "limit", "2", "cursor", cursor)
		wantOK(t, answer)
		got = append(got, answer["members"].([]any)...)
		if cursor = answer["response_metadata"].(obj)["next_cursor"].(string); cursor == "" {
			break
		}
	}
	if diff := cmp.Diff([]any{alice, bob, s.App().BotUserID}, got); diff != "" {
		t.Error(diff)
	}
	wantError(t, call(t, s, "conversations.members", "channel", ops, "cursor", "???"), "invalid_cursor")
	wantError(t, call(t, s, "conversations.members", "channel", ops, "limit", "many"), "invalid_limit")
	if n := len(call(t, s, "users.list")["members"].([]any)); n != 3 {
		t.Errorf("%d users", n)
	}
}

func TestAPrivateChannelIsHiddenFromABotOutsideIt(t *testing.T) {
	s := workspace(t)
	s.PutChannel(slacksim.Channel{ID: "G0PRIV", Private: true, Members: []string{alice}})
	for _, method := range []string{"conversations.info", "conversations.members"} {
		wantError(t, call(t, s, method, "channel", "G0PRIV"), "channel_not_found")
	}
	ids := func() (out []string) {
		for _, c := range call(t, s, "conversations.list", "types", "public_channel,private_channel")["channels"].([]any) {
			out = append(out, c.(obj)["id"].(string))
		}
		return out
	}
	if diff := cmp.Diff([]string{ops}, ids()); diff != "" {
		t.Error(diff)
	}
	s.Invite("G0PRIV", s.App().BotUserID)
	if diff := cmp.Diff([]string{ops, "G0PRIV"}, ids()); diff != "" {
		t.Error(diff)
	}
	s.EditChannel(ops, func(c *slacksim.Channel) {
		c.ExtShared, c.Archived, c.ConnectedTeams = true, true, []string{"T0PARTNER"}
	})
	info := call(t, s, "conversations.info", "channel", ops, "include_num_members", "true")["channel"].(obj)
	for key, want := range map[string]any{"is_ext_shared": true, "is_shared": true, "is_archived": true, "is_private": false, "is_member": true, "num_members": 3.0} {
		if info[key] != want {
			t.Errorf("%s: %v", key, info[key])
		}
	}
	wantError(t, call(t, s, "conversations.list", "types", "im"), "missing_scope")
	wantError(t, call(t, s, "conversations.list", "types", "nonsense"), "invalid_types")
}

func TestADirectMessageIsOpenedOnce(t *testing.T) {
	s := workspace(t, slacksim.WithScopes("im:write", "im:read"))
	s.PutUser(slacksim.User{ID: "U0GONE", Deleted: true})
	first := call(t, s, "conversations.open", "users", alice)
	again := call(t, s, "conversations.open", "users", alice, "return_im", "true")
	if id := first["channel"].(obj)["id"]; id != s.DM(alice) || again["channel"].(obj)["id"] != id || again["already_open"] != true {
		t.Errorf("%v then %v", first, again)
	}
	if info := call(t, s, "conversations.info", "channel", s.DM(alice))["channel"].(obj); info["is_im"] != true || info["user"] != alice {
		t.Errorf("info %v", info)
	}
	for users, want := range map[string]string{"": "users_list_not_supplied", "U0NONE": "user_not_found", "U0GONE": "user_disabled"} {
		wantError(t, call(t, s, "conversations.open", "users", users), want)
	}
	if channels := s.Channels(); len(channels) != 2 || !channels[1].IsDM() {
		t.Errorf("channels %+v", channels)
	}
}

func TestAnUploadAppearsInTheThreadOnceComplete(t *testing.T) {
	s := workspace(t, slacksim.WithScopes("files:write", "chat:write"))
	root := post(t, s, "text", "root")
	announced := call(t, s, "files.getUploadURLExternal", "filename", "log.txt", "length", "5")
	wantOK(t, announced)
	id := announced["file_id"].(string)
	complete := func() map[string]any {
		return call(t, s, "files.completeUploadExternal", "files", `[{"id":"`+id+`","title":"The log"}]`, "channel_id", ops, "thread_ts", root, "initial_comment", "see")
	}
	wantError(t, complete(), "file_not_found") // nothing was uploaded yet
	for body, want := range map[string]int{"too long": 400, "short": 200} {
		if _, resp := postBody(t, announced["upload_url"].(string), body); resp.StatusCode != want {
			t.Errorf("%q: status %d", body, resp.StatusCode)
		}
	}
	wantOK(t, complete())
	wantError(t, complete(), "file_not_found") // and only once
	thread := s.Thread(ops, root)
	if len(thread) != 2 || thread[1].Text != "see" || len(thread[1].Files) != 1 || string(thread[1].Files[0].Content) != "short" || thread[1].Files[0].Title != "The log" {
		t.Errorf("thread %+v", thread)
	}
	if f, ok := s.UploadedFile(id); !ok || string(f.Content) != "short" {
		t.Errorf("file %+v", f)
	}
	answer, _ := raw(t, s, "files.getUploadURLExternal", s.App().BotToken, url.Values{"filename": {"x"}, "length": {"0"}})
	wantError(t, answer, "missing_argument")
}
