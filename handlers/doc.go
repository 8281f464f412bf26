// Package handlers turns what Slack sends into calls, and state into messages.
//
// Commands and clicks come in through Socket; App answers them with the Desk
// and the planners; Board follows the log and keeps cards and threads. The
// package decides nothing about an operation and changes no cluster. Untrusted
// text (names, reasons, error bodies) reaches Slack only through text.go and
// rich.go. Start at app.go, then click.go, then board.go.
package handlers
