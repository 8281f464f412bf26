package bot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/sync/errgroup"

	"es-restore/approvals"
	"es-restore/config"
	"es-restore/handlers"
	"es-restore/internal/telemetry"
	"es-restore/store"
	"es-restore/worker"
)

// The parts /readyz tells about.
const (
	partSlack = "slack"
	partRedis = "redis"
)

// sockets is how many Socket Mode connections a process keeps.
const sockets = 2

// serve runs the bot until ctx ends. On SIGHUP it reads the configuration again
// and goes on with the new one as a whole; one that is broken changes nothing.
func serve(ctx context.Context, now func() time.Time, file string, stdout, stderr io.Writer) error {
	c, err := load(file, stderr)
	if err != nil {
		return err
	}
	log := telemetry.NewLog(stderr)
	store.LogTo(func(ctx context.Context, said string) { log.DebugContext(ctx, "redis client", "err", said) })
	metrics := telemetry.NewMetrics(Version())
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	var before *server
	for {
		s := &server{config: c, now: now, stdout: stdout, log: log, metrics: metrics, health: telemetry.NewHealth(partRedis, partSlack), before: before}
		for _, w := range c.Warnings {
			log.Warn("configuration is unwise", "err", w.String())
		}
		running, stop := context.WithCancel(ctx)
		next := make(chan *config.Config, 1)
		go reload(running, file, log, hangup, next, stop)
		err := s.run(running)
		stop()
		select {
		case c = <-next:
			log.Info("configuration reloaded")
			before = s
			continue
		default:
		}
		if err != nil && ctx.Err() == nil {
			log.Error("stopped", "err", err)
			return failed(err)
		}
		log.Info("stopped")
		return nil
	}
}

// reload waits for a sound configuration after a SIGHUP, and stops the server
// that runs with the old one.
func reload(ctx context.Context, file string, log *slog.Logger, hangup <-chan os.Signal, next chan<- *config.Config, stop func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
		}
		c, err := config.Load(file)
		if err != nil {
			log.Error("configuration not reloaded; the one before stays", "err", err)
			continue
		}
		next <- c
		stop()
		return
	}
}

// A server is one running bot.
type server struct {
	config  *config.Config
	now     func() time.Time
	stdout  io.Writer
	log     *slog.Logger
	health  *telemetry.Health
	metrics *telemetry.Metrics

	before *server // that ran with the configuration before; nil for the first

	cloud    *cloud // nil: there is none
	clusters []cluster
	store    *store.Store
	trial    bool // Redis may lose data, as the configuration allows
	api      *slack.Client
	home     handlers.Home
}

func (s *server) run(ctx context.Context) error {
	var err error
	if s.cloud, err = newCloud(s.config, s.now); err != nil {
		return err
	}
	defer s.cloud.close()
	if s.clusters, err = newClusters(s.config, s.cloud, s.now); err != nil {
		return err
	}
	client, err := newRedis(s.config.Redis)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	s.store = store.New(client)
	if s.before != nil && s.before.store != nil && s.config.Redis.Same(s.before.config.Redis) {
		s.store.Remember(s.before.store)
	}
	s.api = newSlack(s.config.Slack, http.DefaultTransport)

	group, ctx := errgroup.WithContext(ctx)
	if s.config.HTTP.Listen != "" {
		listener, err := net.Listen("tcp", s.config.HTTP.Listen)
		if err != nil {
			return fmt.Errorf("http.listen: %w; give another address, or \"\" for none", err)
		}
		group.Go(func() error { return telemetry.Serve(ctx, listener, s.health, s.metrics, s.log) })
	}
	group.Go(func() error {
		if err := s.redisReady(ctx); err != nil {
			return err
		}
		if err := s.slackReady(ctx); err != nil {
			return err
		}
		s.work(ctx, group)
		return nil
	})
	return group.Wait()
}

// redisReady waits for Redis, and refuses one that evicts or forgets.
func (s *server) redisReady(ctx context.Context) error {
	for {
		safety, err := s.store.Safety(ctx)
		if err == nil {
			return s.judge(safety)
		}
		if ctx.Err() != nil {
			return nil
		}
		s.health.Set(partRedis, "it does not answer")
		s.log.Warn("waiting for redis", "err", err)
		pause(ctx, 2*time.Second)
	}
}

func (s *server) judge(safety store.Safety) error {
	for _, w := range safety.Warnings {
		s.log.Warn("redis can lose the last second", "err", w)
	}
	for _, u := range safety.Unsafe {
		if !s.config.Redis.AllowDataLoss {
			return fmt.Errorf("redis is not safe for this: %s %s (redis.allow_data_loss: true starts all the same, for a trial)", u.Sentence, u.WayOut)
		}
		s.log.Warn("redis may lose data, as the configuration allows", "err", u.Sentence)
		s.trial = true
		s.health.Warn("a trial: Redis may lose data, as redis.allow_data_loss allows: " + u.Sentence)
	}
	s.health.Set(partRedis, "")
	return nil
}

// slackReady waits for Slack, and refuses to go on with a token it does not take.
func (s *server) slackReady(ctx context.Context) error {
	for ctx.Err() == nil {
		auth, err := s.api.AuthTestContext(ctx)
		if err == nil {
			s.home = handlers.Home{Team: auth.TeamID, Enterprise: auth.EnterpriseID, BotUser: auth.UserID, Bot: auth.BotID}
			return nil
		}
		if handlers.RefusedToken(err) {
			return fmt.Errorf("slack refuses the bot token (%w): make a new one under OAuth & Permissions and put it into slack.bot_token", err)
		}
		if ctx.Err() != nil {
			return nil
		}
		s.health.Set(partSlack, "it does not answer")
		s.log.Warn("waiting for slack", "err", err)
		pause(ctx, 2*time.Second)
	}
	return nil
}

// work starts everything that works on operations.
func (s *server) work(ctx context.Context, group *errgroup.Group) {
	for i := range s.clusters {
		s.clusters[i].planner.Speed = speedOf(s.store, s.clusters[i].Name)
	}
	directory := handlers.NewDirectory(s.api, s.home, s.now)
	desk := &approvals.Desk{Store: s.store, People: directory.AtTheStart(), Rules: rules(s.config), Now: s.now}
	app := &handlers.App{
		API: s.api, HTTP: &http.Client{Timeout: slackWithin}, Home: s.home, Directory: directory, Desk: desk, Store: s.store,
		Clusters: named(s.clusters), Channels: s.config.Slack.Channels, Requesters: s.config.Requesters,
		Zone: s.config.Timezone, UndoFor: s.config.UndoFor, Trial: s.trial, Now: s.now, Decided: s.metrics.Decided, Log: s.log,
	}
	if s.cloud != nil {
		app.Cloud = s.cloud
	}
	group.Go(func() error { s.tryNamed(ctx); return nil })
	slots := handlers.NewSlots()
	connections := make([]*handlers.Socket, sockets)
	for i := range connections {
		connections[i] = &handlers.Socket{
			API: newSlack(s.config.Slack, &handlers.Paced{Next: http.DefaultTransport}), App: app, Slots: slots, Log: s.log.With("connection", i+1),
		}
		group.Go(func() error {
			pause(ctx, time.Duration(i)*300*time.Millisecond) // Slack answers connections opened at once with 409
			return appToken(connections[i].Run(ctx))
		})
	}
	board := &handlers.Board{
		API: s.api, Store: s.store, AuditChannel: s.config.Slack.AuditChannel, OwnerName: ownerName(s.clusters),
		Zone: s.config.Timezone, Trial: s.trial, Now: s.now, Log: s.log, Lost: s.metrics.Lost,
	}
	group.Go(func() error { return board.Run(ctx) })
	crew := &worker.Worker{Name: processName(), Desk: desk, Store: s.store, Destinations: destinations(s.clusters, s.config.Verify), Now: s.now, Log: s.log}
	group.Go(func() error { return crew.Run(ctx) })
	group.Go(func() error { return s.export(ctx, s.stdout) })
	group.Go(func() error { return s.metrics.Follow(ctx, s.store, s.log) })
	group.Go(func() error { return s.watch(ctx, connections) })
}

// tryNamed logs what the configuration names and Slack does not know as such.
// It asks for itself: what it hears is not for decisions.
func (s *server) tryNamed(ctx context.Context) {
	d := handlers.NewDirectory(s.api, s.home, s.now)
	within, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for _, c := range checkNamed(within, s.config, d) {
		if c.Status == statusFailed && within.Err() == nil {
			s.log.Warn("configuration names what does not work", "err", c.Name+": "+c.Detail+" "+c.Mend)
		}
	}
}

// appToken puts the mend to a refused app-level token.
func appToken(err error) error {
	if errors.Is(err, handlers.ErrRefusedToken) {
		return fmt.Errorf("%w: make an app-level token with connections:write under Basic Information and put it into slack.app_token, and switch Socket Mode on", err)
	}
	return err
}

// watch keeps /readyz true.
func (s *server) watch(ctx context.Context, connections []*handlers.Socket) error {
	for ctx.Err() == nil {
		up := 0
		for _, c := range connections {
			if c.Up() {
				up++
			}
		}
		s.metrics.Connections(up)
		missing := ""
		if up == 0 {
			missing = "no connection is up"
		}
		s.health.Set(partSlack, missing)
		missing = ""
		within, cancel := context.WithTimeout(ctx, 2*time.Second)
		if err := s.store.Guard(within); errors.Is(err, store.ErrRolledBack) {
			missing = err.Error()
		} else if err != nil {
			missing = "it does not answer"
		}
		cancel()
		s.health.Set(partRedis, missing)
		pause(ctx, time.Second)
	}
	return nil
}

// processName tells processes apart in records.
func processName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "bot"
	}
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
