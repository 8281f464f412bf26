package slacksim_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"es-restore/internal/slacksim"
)

func wantError(t *testing.T, answer map[string]any, code string) {
	t.Helper()
	if answer["ok"] != false || answer["error"] != code {
		t.Errorf("want error %s, got %v", code, answer)
	}
}

func wantOK(t *testing.T, answer map[string]any) {
	t.Helper()
	if answer["ok"] != true {
		t.Errorf("want ok, got %v", answer)
	}
}

func TestTheTokenMayComeInTheHeaderTheFormOrTheBody(t *testing.T) {
	s := workspace(t)
	token := s.App().BotToken
	bearer, _ := raw(t, s, "auth.test", token, nil)
	wantOK(t, bearer)
	form, _ := raw(t, s, "auth.test", "", url.Values{"token": {token}})
	wantOK(t, form)
	body, _ := postJSON(t, s.APIURL()+"auth.test", "", obj{"token": token})
	wantOK(t, body)
	for _, c := range s.Calls("auth.test") {
		if c.Arg("token") != "" {
			t.Error("the recorded call holds the token")
		}
	}
}

func TestWrongTokensAreRefusedBySlacksNames(t *testing.T) {
	s := workspace(t)
	app := s.App()
	for _, c := range []struct{ method, token, want string }{
		{"auth.test", "", "not_authed"},
		{"auth.test", "xoxb-wrong", "invalid_auth"},
		{"chat.postMessage", app.AppToken, "not_allowed_token_type"},
		{"apps.connections.open", app.BotToken, "not_allowed_token_type"},
		{"apps.connections.open", "xapp-wrong", "invalid_auth"},
		{"chat.invent", app.BotToken, "unknown_method"},
	} {
		answer, _ := raw(t, s, c.method, c.token, nil)
		wantError(t, answer, c.want)
	}
}

func TestEveryAnswerNamesTheScopesOfTheToken(t *testing.T) {
	s := workspace(t, slacksim.WithScopes("chat:write", "users:read"))
	s.Fail("api.test", slacksim.Fault{Error: "fatal_error"})
	for _, method := range []string{"auth.test", "chat.postMessage", "usergroups.list", "api.test", "no.such"} {
		_, resp := raw(t, s, method, s.App().BotToken, nil)
		if got := resp.Header.Get("X-OAuth-Scopes"); got != "chat:write,users:read" {
			t.Errorf("%s: X-OAuth-Scopes %q", method, got)
		}
	}
	_, resp := raw(t, s, "apps.connections.open", s.App().AppToken, nil)
	if got := resp.Header.Get("X-OAuth-Scopes"); got != "connections:write" {
		t.Errorf("app token: %q", got)
	}
}

func TestAMissingScopeSaysWhatIsNeededAndWhatIsThere(t *testing.T) {
	s := workspace(t, slacksim.WithScopes("chat:write"))
	for method, needed := range map[string]string{
		"usergroups.list": "usergroups:read", "usergroups.users.list": "usergroups:read", "users.info": "users:read",
		"team.info": "team:read", "files.getUploadURLExternal": "files:write",
		"conversations.info": "channels:read,groups:read,im:read,mpim:read",
	} {
		answer, _ := raw(t, s, method, s.App().BotToken, url.Values{"channel": {ops}})
		wantError(t, answer, "missing_scope")
		if answer["needed"] != needed || answer["provided"] != "chat:write" {
			t.Errorf("%s: %v", method, answer)
		}
	}
}

func TestTheScopeForAChannelDependsOnItsKind(t *testing.T) {
	s := workspace(t, slacksim.WithScopes("channels:read", "chat:write"))
	s.PutChannel(slacksim.Channel{ID: "G0PRIV", Private: true, Members: []string{alice, s.App().BotUserID}})
	answer, _ := raw(t, s, "conversations.info", s.App().BotToken, url.Values{"channel": {"G0PRIV"}})
	wantError(t, answer, "missing_scope")
	if answer["needed"] != "groups:read" {
		t.Errorf("needed %v", answer["needed"])
	}
	answer, _ = raw(t, s, "conversations.info", s.App().BotToken, url.Values{"channel": {ops}})
	wantOK(t, answer)
	s.SetScopes("channels:read", "groups:read")
	answer, _ = raw(t, s, "conversations.info", s.App().BotToken, url.Values{"channel": {"G0PRIV"}})
	wantOK(t, answer)
}

func TestBrokenBodiesAreRefused(t *testing.T) {
	s := workspace(t)
	for _, c := range []struct{ kind, body, want string }{
		{"application/json", "{", "invalid_json"},
		{"application/json", "[1]", "json_not_object"},
		{"text/plain", "x", "invalid_post_type"},
		{"application/x-www-form-urlencoded", "%zz", "invalid_form_data"},
		{"multipart/form-data; boundary=x", "nothing", "invalid_form_data"},
	} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.APIURL()+"chat.postMessage", strings.NewReader(c.body))
		req.Header.Set("Content-Type", c.kind)
		req.Header.Set("Authorization", "Bearer "+s.App().BotToken)
		answer, _ := send(t, req)
		wantError(t, answer, c.want)
	}
}

func TestConnectionsAreOpenedByPostOnly(t *testing.T) {
	s := workspace(t)
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.APIURL()+"apps.connections.open", nil)
	req.Header.Set("Authorization", "Bearer "+s.App().AppToken)
	answer, _ := send(t, req)
	wantError(t, answer, "insecure_request")
}

func TestIdentityMethodsTellWhoTheBotIs(t *testing.T) {
	s := workspace(t, slacksim.WithTeam(slacksim.Team{ID: "T9", Domain: "nine", Name: "Nine", EnterpriseID: "E1"}),
		slacksim.WithScopes("team:read", "users:read"))
	token := s.App().BotToken
	who, _ := raw(t, s, "auth.test", token, nil)
	if who["team_id"] != "T9" || who["user_id"] != s.App().BotUserID || who["bot_id"] != s.App().BotID || who["enterprise_id"] != "E1" {
		t.Errorf("auth.test: %v", who)
	}
	team, _ := raw(t, s, "team.info", token, nil)
	if team["team"].(map[string]any)["domain"] != "nine" {
		t.Errorf("team.info: %v", team)
	}
	bot, _ := raw(t, s, "bots.info", token, url.Values{"bot": {s.App().BotID}})
	if bot["bot"].(map[string]any)["app_id"] != s.App().ID {
		t.Errorf("bots.info: %v", bot)
	}
	none, _ := raw(t, s, "bots.info", token, url.Values{"bot": {"B0NONE"}})
	wantError(t, none, "bot_not_found")
	echo, _ := raw(t, s, "api.test", "", url.Values{"foo": {"bar"}})
	if echo["args"].(map[string]any)["foo"] != "bar" {
		t.Errorf("api.test: %v", echo)
	}
	broken, _ := raw(t, s, "api.test", "", url.Values{"error": {"my_error"}})
	wantError(t, broken, "my_error")
}
