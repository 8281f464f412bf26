package slacksim

import (
	"crypto/subtle"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// File is one upload that was completed.
type File struct {
	ID      string
	Name    string
	Title   string
	Content []byte
}

// upload is a file between getUploadURLExternal and completeUploadExternal.
type upload struct {
	file     File
	secret   string
	length   int
	received bool
	done     bool
	app      string
}

// UploadedFile is a completed upload by its ID.
func (s *Server) UploadedFile(id string) (File, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.world.files[id]
	if u == nil || !u.done {
		return File{}, false
	}
	f := u.file
	f.Content = slices.Clone(f.Content)
	return f, true
}

func (w *world) fileJSON(f File) Object {
	return Object{
		"id": f.ID, "name": f.Name, "title": f.Title, "size": len(f.Content), "mode": "hosted",
		"created": 1700000000, "timestamp": 1700000000, "is_external": false, "is_public": false,
		"permalink": "https://" + w.team.Domain + ".slack.com/files/" + f.ID + "/" + f.Name,
	}
}

func getUploadURL(w *world, req *request) (Object, error) {
	length, ok := req.args.number("length", 0)
	if !ok || length <= 0 {
		return nil, fail("missing_argument")
	}
	if !req.args.has("filename") {
		return nil, missing("filename")
	}
	id := fmt.Sprintf("F%04d%s", w.number(), secret(2))
	name := req.args.text("filename")
	w.files[id] = &upload{file: File{ID: id, Name: name, Title: name}, secret: secret(8), length: length, app: req.app.ID}
	return Object{"upload_url": req.base + "/upload/" + id + "/" + w.files[id].secret, "file_id": id}, nil
}

// serveUpload takes the bytes, raw or as the first part of a form.
func (s *Server) serveUpload(rw http.ResponseWriter, r *http.Request) {
	id := r.PathValue("file")
	content, err := uploadedBytes(r)
	c := s.begin("upload", args{values: map[string]any{"file": id}}, owner{})
	s.serve(rw, r, c, func(c *Call) reply {
		s.mu.Lock()
		defer s.mu.Unlock()
		status := s.world.receive(id, r.PathValue("secret"), content)
		if err != nil {
			status = http.StatusBadRequest
		}
		c.Effect = status == http.StatusOK
		return reply{status: status, text: fmt.Sprintf("OK - %d", len(content))}
	})
}

// receive keeps the bytes of an announced upload, if they are as many as
// announced.
func (w *world) receive(id, secret string, content []byte) (status int) {
	u := w.files[id]
	switch {
	case u == nil || subtle.ConstantTimeCompare([]byte(u.secret), []byte(secret)) != 1:
		return http.StatusNotFound
	case u.done || len(content) != u.length:
		return http.StatusBadRequest
	}
	u.file.Content, u.received = content, true
	return http.StatusOK
}

func uploadedBytes(r *http.Request) ([]byte, error) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		return io.ReadAll(io.LimitReader(r.Body, maxBody))
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	for {
		part, err := parts.NextPart()
		if err != nil {
			return nil, err
		}
		if part.FileName() != "" || part.FormName() == "file" {
			return io.ReadAll(io.LimitReader(part, maxBody))
		}
	}
}

func completeUpload(w *world, req *request) (Object, error) {
	v, err := req.args.json("files")
	items := objects(v)
	if err != nil || len(items) == 0 {
		return nil, missing("files")
	}
	var done []*upload
	for _, item := range items {
		u := w.files[stringAt(item, "id")]
		if u == nil || !u.received || u.done || u.app != req.app.ID {
			return nil, fail("file_not_found")
		}
		done = append(done, u)
	}
	channels := req.args.list("channels")
	if req.args.has("channel_id") {
		channels = []string{req.args.text("channel_id")}
	}
	if err := w.shareable(req, channels); err != nil {
		return nil, err
	}
	files, out := []File{}, []any{}
	for i, u := range done {
		if title := stringAt(items[i], "title"); title != "" {
			u.file.Title = title
		}
		u.done = true
		files = append(files, u.file)
		out = append(out, w.fileJSON(u.file))
	}
	for _, channel := range channels {
		c, _ := w.postable(&request{app: req.app, args: args{values: map[string]any{"channel": channel}}})
		root, _ := w.thread(c, req.args.text("thread_ts"))
		w.post(Message{
			Channel: c.ID, ThreadTS: root, Files: files,
			User: req.app.BotUserID, AppID: req.app.ID, BotID: req.app.BotID,
		}, content{text: req.args.text("initial_comment")}, "files.completeUploadExternal")
	}
	return Object{"files": out}, nil
}

// shareable checks every channel before anything is shared in one.
func (w *world) shareable(req *request, channels []string) error {
	for _, channel := range channels {
		c, err := w.postable(&request{app: req.app, args: args{values: map[string]any{"channel": channel}}})
		if err != nil {
			return err
		}
		if _, err := w.thread(c, req.args.text("thread_ts")); err != nil {
			return err
		}
	}
	return nil
}
