package config

import "strings"

// Slack is how to reach Slack, and where the bot works in it.
type Slack struct {
	BotToken Secret // xoxb-…
	AppToken Secret // xapp-…, for Socket Mode
	APIURL   string // ends in a slash
	// Channels are where the command works; none: wherever the bot is a member.
	Channels     []string
	AuditChannel string // every decision is posted here too; empty: nowhere
}

const defaultAPIURL = "https://slack.com/api/"

func readSlack(s section) Slack {
	apiURL := read(s, "api_url", node.webURL, defaultAPIURL)
	return Slack{
		BotToken:     slackToken(s, "bot_token", "SLACK_BOT_TOKEN", "xapp-"),
		AppToken:     slackToken(s, "app_token", "SLACK_APP_TOKEN", "xoxb-"),
		APIURL:       strings.TrimSuffix(apiURL, "/") + "/",
		Channels:     read(s, "channels", listOf(node.channel), nil),
		AuditChannel: read(s, "audit_channel", node.channel, ""),
	}
}

// slackToken reads a token, by default from a variable, and refuses the one
// that belongs in the other place.
func slackToken(s section, key, variable, other string) Secret {
	n, written := s.find(key)
	var token Secret
	if written {
		token, _ = n.secret()
	} else {
		n = s.missing(key)
		token, _ = n.variable(variable, "the environment variable "+variable+", from which it comes by default,")
	}
	if strings.HasPrefix(token.Reveal(), other) {
		n.problem("the other one of Slack's tokens", "write the bot's token (xoxb-) as bot_token and the app's (xapp-) as app_token")
	}
	return token
}
