package slacksim

import "context"

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
