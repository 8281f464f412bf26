package slacksim_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/slack-go/slack"

	"es-restore/internal/slacksim"
)

// A test makes a workspace, lets the program post, acts as a person would, and
// reads what everybody sees.
func Example() {
	ctx := context.Background()
	s := slacksim.New()
	defer s.Close()
	s.PutUser(slacksim.User{ID: "U0ANNA", Name: "anna"})
	s.PutChannel(slacksim.Channel{ID: "C0ES", Name: "es", Members: []string{"U0ANNA", s.App().BotUserID}})

	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	api := slack.New(s.App().BotToken, slack.OptionAPIURL(s.APIURL()), slack.OptionHTTPClient(&http.Client{Transport: transport}))
	approve := slack.NewButtonBlockElement("approve", "R-7K3M9", slack.NewTextBlockObject("plain_text", "Approve", false, false))
	_, _, _ = api.PostMessageContext(ctx, "C0ES", slack.MsgOptionText("Restore?", false), slack.MsgOptionBlocks(slack.NewActionBlock("decide", approve)))

	card := s.Messages("C0ES")[0]
	fmt.Println(card.Actions())

	click, err := s.Click(ctx, "U0ANNA", card.Place(), "approve")
	fmt.Println(click.Outcome, err) // nobody listens on a socket

	_, err = s.Click(ctx, "U0ANNA", card.Place(), "deny")
	fmt.Println(err != nil)
	// Output:
	// [approve]
	// dispatch_failed <nil>
	// true
}
