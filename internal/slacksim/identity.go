package slacksim

func apiTest(_ *world, req *request) (Object, error) {
	if req.args.has("error") {
		return nil, fail(req.args.text("error"))
	}
	return Object{"args": cloneObject(req.args.values)}, nil
}

func authTest(w *world, req *request) (Object, error) {
	out := Object{
		"url": "https://" + w.team.Domain + ".slack.com/", "team": w.team.Name, "team_id": w.team.ID,
		"user": req.app.Name, "user_id": req.app.BotUserID, "bot_id": req.app.BotID,
		"is_enterprise_install": false,
	}
	if w.team.EnterpriseID != "" {
		out["enterprise_id"] = w.team.EnterpriseID
	}
	return out, nil
}

func teamInfo(w *world, _ *request) (Object, error) {
	team := Object{"id": w.team.ID, "name": w.team.Name, "domain": w.team.Domain, "email_domain": "", "icon": Object{"image_default": true}}
	if w.team.EnterpriseID != "" {
		team["enterprise_id"], team["enterprise_name"] = w.team.EnterpriseID, w.team.EnterpriseName
	}
	return Object{"team": team}, nil
}

func botInfo(w *world, req *request) (Object, error) {
	id := req.args.text("bot")
	for _, a := range w.apps {
		if a.BotID == id {
			return Object{"bot": Object{
				"id": a.BotID, "app_id": a.ID, "user_id": a.BotUserID, "name": a.Name,
				"deleted": false, "updated": 1700000000, "icons": Object{},
			}}, nil
		}
	}
	return nil, fail("bot_not_found")
}
