// Package slacksim is a Slack for tests and for the sandbox: the Web API and
// Socket Mode on a loopback address, and behind them a small world of people,
// user groups, channels, messages, modals and Home tabs.
//
// Its job is to be a Slack that cannot flatter the program under test. It keeps
// Slack's real limits and refuses with Slack's own codes, expires triggers and
// response URLs, times out acks, loses replies and cuts sockets on demand, and
// people in it act only on what their client would show them: a button that is
// no longer on the card cannot be clicked unless the test forges the click.
//
// It never imports the client library of the program under test, never reaches
// beyond the loopback interface, and never decides what a test should expect.
//
// Start at [New] and [Server]; [Server.Command], [Server.Click] and
// [Server.Submit] are people acting, [Server.Messages] and [Server.Calls] are
// what came of it, [Server.Wait] joins the two without sleeping, and
// [Server.Fail], [Server.Down] and [Server.Disconnect] are bad weather.
package slacksim
