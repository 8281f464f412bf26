package esops_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"es-restore/esops"
)

// A sky is a cloud in memory, and the repositories that Elasticsearch lists. It
// is asked for changes and does with each what it is told to.
type sky struct {
	*shelf
	shared   []esops.SharedRepository
	listed   []string // by Elasticsearch
	unlisted error    // what the cloud answers instead of its list
	findings []esops.Finding
	answers  []change // to the next changes; none is a plain one
	asked    int
	late     []func() // what was asked for and is carried out later
}

// A change is what becomes of one request: whether it is carried out, and the
// answer.
type change struct {
	acts  bool
	later bool
	err   error
}

var (
	plain       = change{acts: true}
	answerless  = change{acts: true, err: fmt.Errorf("%w: the answer was lost", esops.ErrUnknown)}
	saidFalse   = change{err: fmt.Errorf("%w: the result is false", esops.ErrUnknown)}
	saidNothing = change{err: fmt.Errorf("%w: the body is empty", esops.ErrUnknown)}
	falseLater  = change{later: true, err: fmt.Errorf("%w: the result is false", esops.ErrUnknown)}
	throttled   = change{err: fmt.Errorf("%w: %w", esops.ErrBusy, esops.Refuse("throttled", "", "It has too many requests."))}
	unreachable = change{err: fmt.Errorf("%w: no such host", esops.ErrUnavailable)}
	notAllowed  = change{err: esops.Refuse("no_right", "", "The key lacks a right.")}
	existing    = change{acts: true, err: esops.Refuse("exists", "", "It is so already.")}
)

var sharing = esops.Sharing{
	Source: esops.Instance{Name: "es-cn-a", ID: "es-cn-a"}, Destination: esops.Instance{Name: "es-cn-b", ID: "es-cn-b"},
	Repository: esops.SharedName("es-cn-a"),
}

func newSky() *sky { return &sky{shelf: story()} }

func (s *sky) Judge(context.Context, esops.Instance, esops.Instance) ([]esops.Finding, error) {
	return slices.Clone(s.findings), nil
}

func (s *sky) Shared(context.Context, esops.Instance) ([]esops.SharedRepository, error) {
	return slices.Clone(s.shared), s.unlisted
}

func (s *sky) Repositories(context.Context) ([]esops.Repository, error) {
	var all []esops.Repository
	for _, name := range s.listed {
		all = append(all, esops.Repository{Name: name})
	}
	return all, s.call("repositories")
}

func (s *sky) Share(_ context.Context, _, source esops.Instance) error {
	return s.change(func() { s.add(source.ID) })
}

func (s *sky) Unshare(_ context.Context, _, source esops.Instance) error {
	return s.change(func() { s.takeOff(source.ID) })
}

func (s *sky) change(act func()) error {
	s.asked++
	how := plain
	if len(s.answers) > 0 {
		how, s.answers = s.answers[0], s.answers[1:]
	}
	if how.acts {
		act()
	}
	if how.later {
		s.late = append(s.late, act)
	}
	return how.err
}

// add makes a repository twice only where it is asked for twice, as the cloud
// does not.
func (s *sky) add(source string) {
	if name := esops.SharedName(source); !slices.Contains(s.listed, name) {
		s.listed = append(s.listed, name)
		s.shared = append(s.shared, esops.SharedRepository{Name: name, Source: source, Valid: true})
	}
}

func (s *sky) takeOff(source string) {
	name := esops.SharedName(source)
	s.listed = slices.DeleteFunc(s.listed, func(n string) bool { return n == name })
	s.shared = slices.DeleteFunc(s.shared, func(r esops.SharedRepository) bool { return r.Source == source })
}

func (s *sky) cloudPlanner() esops.Planner {
	p := s.planner()
	p.Reader, p.Cloud = s, s
	return p
}

// under is a driver of a plan that the cloud carries out.
func (s *sky) under(t testing.TB, made esops.Plan, readings esops.Readings, err error) *driver {
	t.Helper()
	if err != nil || len(readings.Blocking()) > 0 {
		t.Fatal(err, readings.Blocking())
	}
	d := &driver{t: t, s: newStandin(), sky: s, run: esops.Run{Plan: made, Marker: esops.MarkerOf("R-7K3M9", made.Digest())}}
	d.restart()
	return d
}

func (s *sky) sharing(t testing.TB) *driver {
	t.Helper()
	made, readings, err := s.cloudPlanner().Share(t.Context(), sharing.Source, sharing.Destination)
	return s.under(t, made, readings, err)
}

// unsharing takes back a share that was made.
func (s *sky) unsharing(t testing.TB) *driver {
	t.Helper()
	d := s.sharing(t)
	d.until(false, nil)
	made, readings, err := s.cloudPlanner().Unshare(t.Context(), d.run)
	s.asked = 0
	return s.under(t, made, readings, err)
}

// took is how long a driver's clock has gone.
func (d *driver) took() time.Duration { return d.s.now.Sub(noon) }

// TestWhateverTheCloudAnswersItIsSharedOnceOrNotAtAll also takes it back under
// the same answers.
func TestWhateverTheCloudAnswersItIsSharedOnceOrNotAtAll(t *testing.T) {
	for name, c := range map[string]struct {
		answers []change
		asked   int
		after   time.Duration // it can't be done before
		fails   string
	}{
		"true":                            {asked: 1},
		"the answer is lost":              {answers: []change{answerless}, asked: 1},
		"false":                           {answers: []change{saidFalse}, asked: 2, after: time.Minute},
		"false, and it comes later":       {answers: []change{falseLater}, asked: 1},
		"an empty body":                   {answers: []change{saidNothing}, asked: 2, after: time.Minute},
		"false again":                     {answers: []change{saidFalse, saidFalse}, asked: 3, after: 2 * time.Minute},
		"never true":                      {answers: []change{saidFalse, saidNothing, saidFalse}, asked: 3, after: 3 * time.Minute, fails: "cloud_unseen"},
		"throttled":                       {answers: []change{throttled}, asked: 2, after: 5 * time.Second},
		"throttled for a while":           {answers: []change{throttled, throttled, throttled, throttled}, asked: 5, after: 75 * time.Second},
		"unreachable":                     {answers: []change{unreachable, unreachable}, asked: 3, after: 15 * time.Second},
		"throttled, then no answer":       {answers: []change{throttled, answerless}, asked: 2, after: 5 * time.Second},
		"refused":                         {answers: []change{notAllowed}, asked: 1, fails: "no_right"},
		"refused, since it is so already": {answers: []change{existing}, asked: 1},
	} {
		for _, back := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, taken back %v", name, back), func(t *testing.T) {
				s := newSky()
				d := s.sharing(t)
				if back {
					d = s.unsharing(t)
				}
				s.answers = slices.Clone(c.answers)
				for d.end == "" && d.took() < time.Hour {
					if err := d.look(false); err != nil {
						t.Fatal(err)
					}
					if d.pass(time.Second); d.took() == 10*time.Second {
						for _, act := range s.late {
							act()
						}
					}
				}
				there := back != (c.fails == "") // there is a repository in the end
				if c.fails == "" && d.end != "succeeded" || c.fails != "" && (d.end != "failed" || d.failure.Code != c.fails) {
					t.Fatalf("%s: %v", d.end, d.failure)
				}
				if want := map[bool]int{true: 1}[there]; len(s.listed) != want || len(s.shared) != want {
					t.Errorf("Elasticsearch lists %v, the cloud %v", s.listed, s.shared)
				}
				if s.asked != c.asked || d.took() < c.after || d.took() > c.after+20*time.Second {
					t.Errorf("asked %d times, done after %s", s.asked, d.took())
				}
			})
		}
	}
}

func TestAShareThatIsThereAlreadyIsNotThisOperations(t *testing.T) {
	s := newSky()
	d := s.sharing(t)
	s.add("es-cn-a") // by somebody else, meanwhile
	d.until(false, nil)
	if result, _ := d.result(esops.StepShare); d.end != "succeeded" || s.asked != 0 || result.Targets[0].Made {
		t.Fatalf("%s %v, asked %d times, %+v", d.end, d.failure, s.asked, result)
	}
	if _, _, err := s.cloudPlanner().Unshare(t.Context(), d.run); !refusedAs(err, "nothing_to_undo") {
		t.Error("it can be taken back:", err)
	}
}

func refusedAs(err error, code string) bool {
	refusal, refused := esops.Refused(err)
	return refused && refusal.Code == code
}

func TestWhatDidNotShareCannotBeTakenBack(t *testing.T) {
	s := newSky()
	d := s.sharing(t) // and never began
	if _, _, err := s.cloudPlanner().Unshare(t.Context(), d.run); !refusedAs(err, "nothing_to_undo") {
		t.Error(err)
	}
	restore := restoring(t, newStandin(), fileIndex, esops.Flags{})
	if _, _, err := s.cloudPlanner().Unshare(t.Context(), restore.run); !refusedAs(err, "nothing_to_undo") {
		t.Error(err)
	}
}

// TestAShareIsDoneWhenItIsAvailableAndVisible looks at every pair of lists after
// the repository was asked for.
func TestAShareIsDoneWhenItIsAvailableAndVisible(t *testing.T) {
	name := sharing.Repository
	valid := []esops.SharedRepository{{Name: name, Source: "es-cn-a", Valid: true}}
	invalid := []esops.SharedRepository{{Name: name, Source: "es-cn-a"}}
	others := []esops.SharedRepository{{Name: esops.SharedName("es-cn-c"), Source: "es-cn-c", Valid: true}}
	away := fmt.Errorf("%w: the instance is activating", esops.ErrUnavailable)
	for _, c := range []struct {
		name     string
		shared   []esops.SharedRepository
		unlisted error
		listed   []string
		waiting  string // "" is done
	}{
		{"nowhere", nil, nil, nil, "not to be seen yet"},
		{"another's alone", others, nil, []string{esops.SharedName("es-cn-c")}, "not to be seen yet"},
		{"the cloud's alone", valid, nil, nil, "until it is available"},
		{"not available", invalid, nil, []string{name}, "until it is available"},
		{"available and visible", valid, nil, []string{name}, ""},
		{"visible, and not in the cloud's list", nil, nil, []string{name}, ""},
		{"visible while the cloud has no list", nil, away, []string{name}, ""},
		{"not visible while the cloud has no list", nil, away, nil, "not to be seen yet"},
	} {
		s := newSky()
		s.answers = []change{saidFalse}
		d := s.sharing(t)
		d.must()
		s.shared, s.unlisted, s.listed = c.shared, c.unlisted, c.listed
		d.must()
		_, done := d.result(esops.StepShare)
		if done != (c.waiting == "") || !strings.Contains(d.waiting, c.waiting) || s.asked != 1 {
			t.Errorf("%s: done %v, %q, asked %d times", c.name, done, d.waiting, s.asked)
		}
	}
}

func TestListsThatCannotBeHadTellNothing(t *testing.T) {
	for name, breaks := range map[string]func(*sky, error){
		"Elasticsearch's": func(s *sky, err error) { s.fails = map[string]error{"repositories": err} },
		"the cloud's":     func(s *sky, err error) { s.unlisted = err },
	} {
		s := newSky()
		d := s.sharing(t)
		broken := errors.New("something is wrong")
		breaks(s, broken)
		if err := d.look(false); !errors.Is(err, broken) || s.asked != 0 || d.run.Sent != nil {
			t.Errorf("%s: %v, asked %d times", name, err, s.asked)
		}
	}
}

// TestAShareSurvivesDeathAnywhere kills the process at every point of a share and
// of its undo, with an answer that is lost.
func TestAShareSurvivesDeathAnywhere(t *testing.T) {
	for _, back := range []bool{false, true} {
		for _, how := range []change{plain, answerless, saidFalse} {
			for dieAt := 1; ; dieAt++ {
				s := newSky()
				d := s.sharing(t)
				if back {
					d = s.unsharing(t)
				}
				s.answers, d.dieAt = []change{how}, dieAt
				d.until(false, nil)
				if want := map[bool]int{false: 1}[back]; d.end != "succeeded" || len(s.listed) != want || len(s.shared) != want {
					t.Fatalf("died at %d: %s %v, listed %v", dieAt, d.end, d.failure, s.listed)
				}
				if result, _ := d.result(esops.StepShare); !back && !result.Targets[0].Made {
					t.Fatalf("died at %d: what it added is not its own", dieAt)
				}
				if d.points < dieAt {
					break
				}
			}
		}
	}
}

func TestAShareThatIsStoppedEndsByItself(t *testing.T) {
	s := newSky()
	s.answers = []change{falseLater}
	d := s.sharing(t)
	d.must()
	if err := d.look(true); err != nil || d.end != "" {
		t.Fatal(err, d.end)
	}
	s.late[0]()
	d.until(true, nil)
	if d.end != "succeeded" || s.asked != 1 {
		t.Errorf("%s %v, asked %d times", d.end, d.failure, s.asked)
	}
}

// TestARepositoryIsNotTakenOffWhileARestoreReadsIt begins a restore before the
// undo is planned, and after it was approved.
func TestARepositoryIsNotTakenOffWhileARestoreReadsIt(t *testing.T) {
	s := newSky()
	d := s.unsharing(t)
	reading := []*work{{targets: []string{fileIndex}, uuids: map[string]string{}, failed: map[string]bool{}}}
	d.s.indices[fileIndex] = &held{from: fileIndex, routing: []*esops.Shard{{State: "INITIALIZING"}}}
	reading[0].uuids[fileIndex] = d.s.indices[fileIndex].uuid
	d.s.restoring = reading
	for range 100 {
		d.must()
		d.pass(time.Second)
	}
	if !strings.Contains(d.waiting, "A restore reads the repository") || s.asked != 0 || d.run.Sent != nil {
		t.Errorf("%q, asked %d times", d.waiting, s.asked)
	}
	s.looks = func([]string) esops.State {
		return esops.State{ClusterUUID: "uuid-of-b", Restores: []esops.Restoring{reading[0].entry(d.s)}}
	}
	_, readings, err := s.cloudPlanner().Again(t.Context(), d.run.Plan)
	if diff := cmp.Diff([]string{"repository_in_use"}, codes(readings.Blocking())); diff != "" || err != nil {
		t.Error(diff, err)
	}
	d.s.restoring = nil
	d.until(false, nil)
	if d.end != "succeeded" || len(s.listed) != 0 || s.asked != 1 {
		t.Errorf("%s %v, listed %v, asked %d times", d.end, d.failure, s.listed, s.asked)
	}
}

// TestAShareIsPlannedAgainByWhatIsKnown compares the plan that was approved with
// what is known when it begins.
func TestAShareIsPlannedAgainByWhatIsKnown(t *testing.T) {
	blocked := esops.Finding{Code: "versions", Severity: esops.Blocking, Sentence: "The versions do not fit."}
	there := esops.Finding{Code: "already_shared", Severity: esops.Blocking, Sentence: "It is there."}
	unknown := esops.Finding{Code: "backup_unknown", Severity: esops.Warning, Sentence: "It can't be told now."}
	for _, c := range []struct {
		name        string
		before, now []esops.Finding
		blocks      bool
		waits       bool
		differs     bool
	}{
		{name: "as it was"},
		{name: "it is there by now", now: []esops.Finding{there}},
		{name: "the versions do not fit any more", now: []esops.Finding{blocked}, blocks: true},
		{name: "it can't be told any more", now: []esops.Finding{unknown}, waits: true},
		{name: "it could not be told then either", before: []esops.Finding{unknown}, now: []esops.Finding{unknown}},
		{name: "it can be told by now", before: []esops.Finding{unknown}},
		{name: "there is a warning more", now: []esops.Finding{{Code: "instance_busy", Severity: esops.Warning, Sentence: "It is busy."}}, differs: true},
	} {
		s := newSky()
		s.findings = c.before
		d := s.sharing(t)
		s.findings = c.now
		again, readings, err := s.cloudPlanner().Again(t.Context(), d.run.Plan)
		switch {
		case c.waits:
			if !errors.Is(err, esops.ErrUnavailable) {
				t.Errorf("%s: %v", c.name, err)
			}
		case err != nil || len(readings.Blocking()) > 0 != c.blocks || (again.Digest() != d.run.Plan.Digest()) != c.differs:
			t.Errorf("%s: %v %+v %v", c.name, err, readings.Blocking(), esops.Describe(d.run.Plan, again))
		}
	}
}

func TestWithoutACloudNothingIsShared(t *testing.T) {
	p := newSky().planner()
	if _, _, err := p.Share(t.Context(), sharing.Source, sharing.Destination); !refusedAs(err, "no_cloud") {
		t.Error(err)
	}
}
