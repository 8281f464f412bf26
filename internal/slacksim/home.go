package slacksim

import (
	"context"
	"time"
)

// OpenHome opens the Home tab of the app under test, which tells the app. An
// event that gets no ack is sent again as WithEventRetries says, in the
// background; the result is that of the first time.
func (s *Server) OpenHome(ctx context.Context, userID string) (Delivery, error) {
	env, err := s.prepareHome(userID)
	if err != nil {
		return Delivery{}, err
	}
	d, err := s.deliver(ctx, env)
	if err == nil && d.Outcome != Acked {
		s.retryEvent(env)
	}
	return d, err
}

func (s *Server) prepareHome(userID string) (Envelope, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.world
	u, err := w.person(userID)
	if err != nil {
		return Envelope{}, err
	}
	a := w.apps[0]
	if a.NoHome {
		return Envelope{}, impossible("the app has no Home tab")
	}
	event := Object{
		"type": "app_home_opened", "user": u.ID, "channel": w.openIM(a, u.ID).ID,
		"tab": "home", "event_ts": w.timestamp(),
	}
	if v := w.homes[homeKey{a.ID, u.ID}]; v != nil {
		event["view"] = w.viewJSON(v, true)
	}
	return Envelope{ID: uuid(), Type: "events_api", Payload: encode(w.eventJSON(a, event)), app: a}, nil
}

// eventJSON is what Slack wraps around an event.
func (w *world) eventJSON(a *App, event Object) Object {
	return Object{
		"token": a.VerificationToken, "team_id": w.team.ID, "api_app_id": a.ID,
		"event": event, "type": "event_callback", "event_id": "Ev" + secret(5), "event_time": w.now().Unix(),
		"authorizations": []any{Object{
			"enterprise_id": nil, "team_id": w.team.ID, "user_id": a.BotUserID,
			"is_bot": true, "is_enterprise_install": false,
		}},
		"is_ext_shared_channel": false,
	}
}

// retryEvent sends an event again until it is acked or the pauses run out.
func (s *Server) retryEvent(env Envelope) {
	if len(s.cfg.eventRetries) == 0 || !s.enter() {
		return
	}
	go func() {
		defer s.running.Done()
		for i, pause := range s.cfg.eventRetries {
			if !s.pause(s.ctx, pause) {
				return
			}
			env.ID, env.RetryAttempt, env.RetryReason = uuid(), i+1, "timeout"
			env.Time, env.Socket, env.Outcome = time.Time{}, 0, ""
			if d, err := s.deliver(s.ctx, env); err != nil || d.Outcome == Acked {
				return
			}
		}
	}()
}
