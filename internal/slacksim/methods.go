package slacksim

// Calls a minute of Slack's published tiers.
const (
	tier1 = 1
	tier2 = 20
	tier3 = 50
	tier4 = 100
)

var readScopes = []string{"channels:read", "groups:read", "im:read", "mpim:read"}

// methods is the whole Web API that exists here; anything else is
// unknown_method. A method that takes several scopes asks for the right one
// itself once it knows the channel.
var methods map[string]method

func init() {
	methods = map[string]method{
		"api.test":              {token: noToken, run: apiTest},
		"auth.test":             {run: authTest},
		"apps.connections.open": {token: appToken, scopes: []string{"connections:write"}, tier: tier3, run: openConnection},
		"team.info":             {scopes: []string{"team:read"}, tier: tier3, run: teamInfo},
		"bots.info":             {scopes: []string{"users:read"}, tier: tier3, run: botInfo},

		"chat.postMessage":   {scopes: []string{"chat:write"}, run: postMessage},
		"chat.postEphemeral": {scopes: []string{"chat:write"}, tier: tier4, run: postEphemeral},
		"chat.update":        {scopes: []string{"chat:write"}, tier: tier3, run: updateMessage},
		"chat.delete":        {scopes: []string{"chat:write"}, tier: tier3, run: deleteMessage},
		"chat.getPermalink":  {run: permalink},

		"views.open":    {tier: tier4, run: openView},
		"views.push":    {tier: tier4, run: pushView},
		"views.update":  {tier: tier4, run: updateView},
		"views.publish": {tier: tier4, run: publishView},

		"usergroups.list":       {scopes: []string{"usergroups:read"}, tier: tier2, run: listGroups},
		"usergroups.users.list": {scopes: []string{"usergroups:read"}, tier: tier2, run: listGroupUsers},

		"users.info":          {scopes: []string{"users:read"}, tier: tier4, run: userInfo},
		"users.list":          {scopes: []string{"users:read"}, tier: tier2, run: listUsers},
		"users.lookupByEmail": {scopes: []string{"users:read.email"}, tier: tier3, run: lookupByEmail},

		"conversations.info":    {scopes: readScopes, tier: tier3, run: conversationInfo},
		"conversations.members": {scopes: readScopes, tier: tier4, run: conversationMembers},
		"conversations.list":    {scopes: readScopes, tier: tier2, run: listConversations},
		"conversations.open":    {scopes: []string{"im:write", "mpim:write", "channels:manage", "groups:write"}, tier: tier3, run: openConversation},

		"files.getUploadURLExternal":   {scopes: []string{"files:write"}, tier: tier4, run: getUploadURL},
		"files.completeUploadExternal": {scopes: []string{"files:write"}, tier: tier4, run: completeUpload},
	}
}
