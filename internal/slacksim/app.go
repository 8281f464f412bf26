package slacksim

import "slices"

// App is one installed Slack app: who it is, its tokens and what they may do.
// The zero value of any field is filled with a default.
type App struct {
	ID        string // such as A0ESRESTORE
	Name      string
	BotID     string // B…, the bot_id of its messages
	BotUserID string // U…, the member that sits in channels
	BotToken  string
	AppToken  string
	// BotScopes is what the bot token may do; a method outside it answers
	// missing_scope.
	BotScopes []string
	// AppScopes is what the app-level token may do.
	AppScopes []string
	// VerificationToken stands in every payload, as in Slack's.
	VerificationToken string
	// Commands are the slash commands it owns. None named: it owns every
	// command that no other app names.
	Commands []string
	// NoHome switches the Home tab off: views.publish answers not_enabled.
	NoHome bool
}

// What an app gets when nothing else is said.
const (
	DefaultBotToken  = "xoxb-slacksim"
	DefaultAppToken  = "xapp-slacksim"
	DefaultBotUserID = "U0BOT"
	DefaultAppID     = "A0APP"
)

// DefaultScopes are the bot scopes of a default app: what a restore bot needs
// and nothing more.
func DefaultScopes() []string {
	return []string{"commands", "chat:write", "usergroups:read", "users:read", "channels:read", "groups:read"}
}

// withDefaults fills the gaps. A second app gets names of its own from its ID.
func (a App) withDefaults() App {
	def := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	def(&a.ID, DefaultAppID)
	suffix := ""
	if a.ID != DefaultAppID {
		suffix = "-" + a.ID
	}
	def(&a.Name, "es-restore"+suffix)
	def(&a.BotID, "B0BOT"+suffix)
	def(&a.BotUserID, DefaultBotUserID+suffix)
	def(&a.BotToken, DefaultBotToken+suffix)
	def(&a.AppToken, DefaultAppToken+suffix)
	def(&a.VerificationToken, "verification"+suffix)
	if a.BotScopes == nil {
		a.BotScopes = DefaultScopes()
	}
	if a.AppScopes == nil {
		a.AppScopes = []string{"connections:write"}
	}
	return a
}

func (a *App) has(scope string) bool { return slices.Contains(a.BotScopes, scope) }

// Team is the workspace everything happens in.
type Team struct {
	ID, Domain, Name string
	// EnterpriseID and EnterpriseName are set on Enterprise Grid only.
	EnterpriseID, EnterpriseName string
}

func (t Team) enterprise() any {
	if t.EnterpriseID == "" {
		return nil
	}
	return Object{"id": t.EnterpriseID, "name": t.EnterpriseName}
}
