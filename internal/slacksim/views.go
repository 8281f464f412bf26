package slacksim

func openView(w *world, req *request) (Object, error) {
	raw, err := readView(req)
	if err != nil {
		return nil, err
	}
	v, err := w.admitView(req, raw, "")
	if err != nil {
		return nil, err
	}
	w.open(v)
	return Object{"view": w.viewJSON(v, false)}, nil
}

func pushView(w *world, req *request) (Object, error) {
	raw, err := readView(req)
	if err != nil {
		return nil, err
	}
	v, err := w.admitView(req, raw, "push")
	if err != nil {
		return nil, err
	}
	if err := w.push(v); err != nil {
		return nil, err
	}
	return Object{"view": w.viewJSON(v, false)}, nil
}

// readView takes the view out of a call and checks it.
func readView(req *request) (Object, error) {
	if !req.args.has("view") {
		return nil, missing("view")
	}
	v, err := req.args.json("view")
	if err != nil {
		return nil, invalid("must provide an object [json-pointer:/view]")
	}
	return checkView(v)
}

// admitView exchanges the trigger for the right to show the view.
func (w *world) admitView(req *request, raw Object, how string) (*View, error) {
	if stringAt(raw, "type") != "modal" {
		code := "must be a valid enum value [json-pointer:/view/type]"
		if how == "push" {
			code = "must match the `type` of the root view whose stack we're pushing onto [json-pointer:/view/type]"
		}
		return nil, invalid(code)
	}
	if !req.args.has("trigger_id") {
		return nil, missing("trigger_id")
	}
	if id := stringAt(raw, "external_id"); id != "" && w.viewByExternalID(req.app, id) != nil {
		return nil, fail("duplicate_external_id")
	}
	user, err := w.exchange(req.app, req.args.text("trigger_id"))
	if err != nil {
		return nil, err
	}
	return w.makeView(req.app, user, raw), nil
}

func updateView(w *world, req *request) (Object, error) {
	raw, err := readView(req)
	if err != nil {
		return nil, err
	}
	var v *View
	switch {
	case req.args.has("view_id"):
		v = w.view(req.args.text("view_id"))
	case req.args.has("external_id"):
		v = w.viewByExternalID(req.app, req.args.text("external_id"))
	default:
		return nil, invalid("one of `view_id` or `external_id` is required")
	}
	if v == nil || v.AppID != req.app.ID {
		return nil, fail("not_found")
	}
	if err := w.replaceView(req, v, raw); err != nil {
		return nil, err
	}
	w.announceView(ViewUpdated, v)
	return Object{"view": w.viewJSON(v, false)}, nil
}

// replaceView gives a view new content unless somebody else was faster.
func (w *world) replaceView(req *request, v *View, raw Object) error {
	if req.args.has("hash") && req.args.text("hash") != v.Hash {
		return fail("hash_conflict")
	}
	if stringAt(raw, "type") != v.Type {
		return invalid("must match the `type` of the view being updated [json-pointer:/view/type]")
	}
	if id := stringAt(raw, "external_id"); id != "" {
		if other := w.viewByExternalID(req.app, id); other != nil && other != v {
			return fail("duplicate_external_id")
		}
	}
	w.fillView(v, raw)
	return nil
}

func publishView(w *world, req *request) (Object, error) {
	raw, err := readView(req)
	if err != nil {
		return nil, err
	}
	if stringAt(raw, "type") != "home" {
		return nil, invalid("must be a valid enum value [json-pointer:/view/type]")
	}
	if req.app.NoHome {
		return nil, fail("not_enabled")
	}
	user := req.args.text("user_id")
	if u := w.users[user]; u == nil || u.IsBot {
		return nil, invalid("invalid `user_id` [json-pointer:/user_id]")
	}
	key := homeKey{req.app.ID, user}
	v := w.homes[key]
	if v == nil {
		if req.args.has("hash") {
			return nil, fail("hash_conflict")
		}
		if id := stringAt(raw, "external_id"); id != "" && w.viewByExternalID(req.app, id) != nil {
			return nil, fail("duplicate_external_id")
		}
		v = w.makeView(req.app, user, raw)
		w.homes[key] = v
	} else if err := w.replaceView(req, v, raw); err != nil {
		return nil, err
	}
	w.announceView(HomePublished, v)
	return Object{"view": w.viewJSON(v, false)}, nil
}
