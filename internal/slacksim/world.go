package slacksim

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"
)

// world is everything that is true in the workspace. It is plain data without a
// lock of its own: the Server holds its lock around every use.
type world struct {
	server *Server
	team   Team
	apps   []*App

	users    map[string]*User
	groups   map[string]*Group
	channels map[string]*Channel
	order    struct{ users, groups, channels []string } // in order of arrival

	messages   map[string][]*Message // by channel, oldest first, replies among them
	ephemerals []*Message
	states     map[stateKey]State // what a person has picked in a message
	suggested  map[suggestKey][]Object

	modals map[string][]*View // by user, bottom first
	homes  map[homeKey]*View
	files  map[string]*upload

	triggers  map[string]*trigger
	responses map[string]*responseURL

	editWindow    time.Duration
	noUserGroups  bool
	lastMicrosec  int64
	lastViewHash  int64
	lastNumber    int
	lastBlockID   int
	lastActionSeq int
}

type homeKey struct{ app, user string }

func newWorld(s *Server) *world {
	return &world{
		server:    s,
		team:      s.cfg.team,
		users:     map[string]*User{},
		groups:    map[string]*Group{},
		channels:  map[string]*Channel{},
		messages:  map[string][]*Message{},
		states:    map[stateKey]State{},
		suggested: map[suggestKey][]Object{},
		modals:    map[string][]*View{},
		homes:     map[homeKey]*View{},
		files:     map[string]*upload{},
		triggers:  map[string]*trigger{},
		responses: map[string]*responseURL{},
	}
}

func (w *world) now() time.Time { return w.server.cfg.now() }

func (w *world) announce(c Change) { w.server.announce(c) }

// addApp installs an app and seats its bot user in the workspace.
func (w *world) addApp(a App) {
	w.apps = append(w.apps, &a)
	w.putUser(User{ID: a.BotUserID, Name: a.Name, RealName: a.Name, TeamID: w.team.ID, IsBot: true})
}

func (w *world) appByID(id string) *App {
	for _, a := range w.apps {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// timestamp is Slack's message clock: seconds, a dot, six digits; never twice
// the same and never backwards.
func (w *world) timestamp() string {
	us := max(w.now().UnixMicro(), w.lastMicrosec+1)
	w.lastMicrosec = us
	return fmt.Sprintf("%d.%06d", us/1_000_000, us%1_000_000)
}

// number is the next of a series that makes IDs readable in a failing test.
func (w *world) number() int {
	w.lastNumber++
	return w.lastNumber
}

// secret is a random part that keeps IDs apart between two runs of a server, as
// a program that outlives one may keep them for once-keys.
func secret(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

func uuid() string {
	h := secret(16)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}
