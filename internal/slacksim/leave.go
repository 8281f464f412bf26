package slacksim

import (
	"context"
	"time"
)

// CloseView closes the modal on top with its close button. The app hears of it
// only if the view asked to be told; the delivery is empty otherwise.
func (s *Server) CloseView(ctx context.Context, userID, viewID string) (Delivery, error) {
	return s.dismiss(ctx, userID, viewID, false)
}

// CloseAll closes every modal of a person at once, as the X in the corner does.
// The app hears of the one on top, with is_cleared.
func (s *Server) CloseAll(ctx context.Context, userID string) (Delivery, error) {
	s.mu.Lock()
	v := s.world.top(userID)
	s.mu.Unlock()
	if v == nil {
		return Delivery{}, impossible("%s has no view open", userID)
	}
	return s.dismiss(ctx, userID, v.ID, true)
}

func (s *Server) dismiss(ctx context.Context, userID, viewID string, all bool) (Delivery, error) {
	env, told, err := s.prepareClose(userID, viewID, all)
	if err != nil || !told {
		return Delivery{}, err
	}
	return s.deliver(ctx, env)
}

func (s *Server) prepareClose(userID, viewID string, all bool) (env Envelope, told bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.world
	u, err := w.person(userID)
	if err != nil {
		return env, false, err
	}
	v := w.top(userID)
	if v == nil || v.ID != viewID {
		return env, false, impossible("%s does not have view %s on top", userID, viewID)
	}
	a := w.appByID(v.AppID)
	cleared := all || v.ClearOnClose
	payload := w.base("view_closed", u, a)
	payload["view"], payload["is_cleared"] = w.viewJSON(v, true), cleared
	w.close(v)
	for cleared && w.top(userID) != nil {
		w.close(w.top(userID))
	}
	return Envelope{ID: uuid(), Type: "interactive", Payload: encode(payload), app: a}, v.NotifyOnClose, nil
}

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
