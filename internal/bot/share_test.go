package bot_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"es-restore/internal/aliyunsim"
	"es-restore/internal/rig"
)

const shareThem = `share es-cn-a es-cn-b --reason "ticket 4711"`

// cards are the cards in the channel, oldest first.
func cards(r *rig.Rig) []message { return r.Slack.Messages(rig.Channel) }

// askCard types a command and returns the card it makes.
func askCard(r *rig.Rig, user, text string) message {
	r.T.Helper()
	before := len(cards(r))
	r.Type(user, rig.Channel, text)
	r.Until("the card of "+text, func() bool { return len(cards(r)) > before })
	return cards(r)[before]
}

func contains(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%q is not in:\n%s", w, got)
		}
	}
}

func TestTheWholeWayFromAShareToARestoredIndexAndBack(t *testing.T) {
	t.Parallel()
	clusters := rig.Simulated(t, "6.7.0")
	cloud := rig.NewCloud(t, clusters)
	r := rig.New(t, rig.Options{Clusters: clusters, Cloud: cloud})
	r.Start()
	tellOfSharing(t, r, cloud)
}

func TestTheWholeWayFromAShareToARestoredIndexOnRealNodes(t *testing.T) {
	clusters := rig.Real(t, "6.7.0", "6.7.0")
	cloud := rig.NewCloud(t, clusters)
	r := rig.New(t, rig.Options{Clusters: clusters, Cloud: cloud})
	r.Spawn()
	r.Until("the bot connects", func() bool { return len(r.Slack.Sockets()) >= 2 })
	tellOfSharing(t, r, cloud)
}

// tellOfSharing walks the vendor's page: nothing is shared yet, a restore is
// asked for.
func tellOfSharing(t *testing.T, r *rig.Rig, cloud *aliyunsim.Server) {
	contains(t, r.Answer(rig.Anna, "clusters", 1), "es-cn-b · Elasticsearch 6.7.0", "instance active", "kernel ali1.4.0", "zone cn-hangzhou-i", "3 × 20 GB disk")
	contains(t, r.Answer(rig.Anna, "repos es-cn-b", 1), "no snapshot repository", "As Elasticsearch and Alibaba Cloud list them")

	before := len(r.Slack.Ephemerals(rig.Anna, rig.Channel))
	got := r.Answer(rig.Anna, "restore es-cn-b "+rig.Repository+"/latest "+file, 2)
	contains(t, got, "Not shared yet", "share es-cn-a es-cn-b", "its thread offers this restore again")
	offers := r.Slack.Ephemerals(rig.Anna, rig.Channel)[before:]
	at := slices.IndexFunc(offers, func(m message) bool { return slices.Contains(m.Actions(), "share") })
	if at < 0 {
		t.Fatalf("no button to share\n%s", r.Dump())
	}
	r.Click(rig.Anna, offers[at], "share")
	r.Until("the share's card", func() bool { return len(cards(r)) == 1 })
	share := cards(r)[0]
	contains(t, share.AllText(), "Share R-", "share the automatic snapshots of es-cn-a with es-cn-b", "ticket 4711", rig.Repository, "one DBA", "to restore file-2019-08-25 from latest")
	if len(cloud.Requests("AddSnapshotRepo")) != 0 {
		t.Error("it was shared before anyone approved it")
	}
	contains(t, r.Answer(rig.Anna, shareThem, 2), "repository "+rig.Repository+" is the target of "+rig.ID(share))
	r.Click(rig.Ben, share, "approve")
	want := []string{"asked", "approved", "started", "sent", "shared", "succeeded"}
	if diff := cmp.Diff(want, r.Thread(share, "succeeded")); diff != "" {
		t.Errorf("thread: %s", diff)
	}
	done := r.Becomes(share, "succeeded")
	if diff := cmp.Diff([]string{"plan_again", "undo", "details"}, done.Actions()); diff != "" {
		t.Errorf("buttons: %s", diff)
	}
	if n := len(cloud.Requests("AddSnapshotRepo")); n != 1 {
		t.Errorf("asked %d times", n)
	}
	contains(t, r.Answer(rig.Anna, shareThem, 2), "has the repository of es-cn-a already", "Nobody was asked")
	contains(t, r.Answer(rig.Anna, "repos es-cn-b", 1), rig.Repository, "owned by es-cn-a", "available", "As Elasticsearch and Alibaba Cloud")
	contains(t, r.Answer(rig.Anna, "snapshots es-cn-b", 1), rig.Snapshot, "of instance es-cn-a", "in its region", "deleted at")

	// The thread offers the restore.
	replies := r.Slack.Thread(share.Channel, share.TS)
	last := replies[len(replies)-1]
	if !slices.Contains(last.Actions(), "plan_again") {
		t.Fatalf("the thread offers nothing: %s", last.AllText())
	}
	r.Click(rig.Anna, last, "plan_again")
	r.Until("the restore's card", func() bool { return len(cards(r)) == 2 })
	restore := cards(r)[1]
	contains(t, restore.AllText(), "Restore R-", "file-2019-08-25", "ticket 4711", "Follows "+rig.ID(share), "deleted at")
	r.Click(rig.Ben, restore, "approve")
	r.Becomes(restore, "succeeded")
	sameCount(t, r, "file-2019-08-25", "file-2019-08-25")

	// Undone, the repository is off and the index stays.
	r.Click(rig.Anna, share, "undo")
	r.Until("the undo's card", func() bool { return len(cards(r)) == 3 })
	undo := cards(r)[2]
	contains(t, undo.AllText(), "stop sharing the automatic snapshots of es-cn-a with es-cn-b", "can't restore from es-cn-a any more")
	r.Click(rig.Cleo, undo, "approve")
	r.Becomes(undo, "succeeded")
	want = []string{"asked", "approved", "started", "sent", "no longer shared", "succeeded"}
	if diff := cmp.Diff(want, r.Thread(undo, "succeeded")); diff != "" {
		t.Errorf("thread: %s", diff)
	}
	contains(t, r.Answer(rig.Anna, "repos es-cn-b", 1), "no snapshot repository")
	sameCount(t, r, "file-2019-08-25", "file-2019-08-25")
	if strings.Contains(r.Log.String()+r.Dump(), aliyunsim.DefaultKeySecret) {
		t.Error("the secret got out")
	}
}

// Whatever becomes of the answer to the one request that changes something, it
// ends in one repository.
func TestAShareWhoseAnswerIsLostEndsInOneRepository(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fault aliyunsim.Fault
		long  bool // it takes a minute until it is asked again
	}{
		{name: "lost", fault: aliyunsim.DropAnswer()},
		{name: "an error page", fault: aliyunsim.Acting(aliyunsim.BadGateway())},
		{name: "throttled", fault: aliyunsim.Throttle()},
		{name: "activating", fault: aliyunsim.Activating()},
		{name: "false", fault: aliyunsim.ResultFalse(), long: true},
		{name: "empty", fault: aliyunsim.EmptyBody(), long: true},
		{name: "never arrived", fault: aliyunsim.DropRequest(), long: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.long {
				rig.Long(t, "redis") // a minute passes
			}
			clusters := rig.Simulated(t, "6.7.0")
			cloud := rig.NewCloud(t, clusters)
			r := rig.New(t, rig.Options{Clusters: clusters, Cloud: cloud})
			r.Start()
			cloud.Fail("AddSnapshotRepo", c.fault)
			share := askCard(r, rig.Anna, shareThem)
			r.Click(rig.Ben, share, "approve")
			r.Within(120e9, "success", func() bool {
				now, _ := r.Slack.Message(share.Channel, share.TS)
				return strings.Contains(now.Text, "is succeeded")
			})
			if shared := cloud.Shared("es-cn-b"); len(shared) != 1 {
				t.Errorf("shared: %v", shared)
			}
			contains(t, r.Answer(rig.Anna, "repos es-cn-b", 1), rig.Repository)
		})
	}
}

func TestAShareIsRefusedBeforeAnyoneIsAsked(t *testing.T) {
	t.Parallel()
	clusters := rig.Simulated(t, "6.7.0")
	cloud := rig.NewCloud(t, clusters)
	cloud.PutInstance(aliyunsim.Instance{ID: "es-cn-elsewhere", Region: "cn-beijing", Backup: aliyunsim.Backup{Enabled: true}, Snapshots: 1})
	cloud.PutInstance(aliyunsim.Instance{ID: "es-cn-other", Account: "1999", Backup: aliyunsim.Backup{Enabled: true}, Snapshots: 1})
	cloud.PutInstance(aliyunsim.Instance{ID: "es-cn-new", Version: "7.10.0_with_X-Pack", Backup: aliyunsim.Backup{Enabled: true}, Snapshots: 1})
	cloud.PutInstance(aliyunsim.Instance{ID: "es-cn-off", Snapshots: 1})
	cloud.PutInstance(aliyunsim.Instance{ID: "es-cn-frozen", Status: "inactive", Backup: aliyunsim.Backup{Enabled: true}, Snapshots: 1})
	cloud.PutInstance(aliyunsim.Instance{ID: "es-cn-busy", Status: "activating", Backup: aliyunsim.Backup{Enabled: true}, Snapshots: 1})
	cloud.PutInstance(aliyunsim.Instance{ID: "es-cn-red", Health: "RED", Backup: aliyunsim.Backup{Enabled: true}, Snapshots: 1})
	r := rig.New(t, rig.Options{Clusters: clusters, Cloud: cloud})
	r.Start()
	for _, c := range []struct{ text, want, wayOut string }{
		{"share es-cn-b es-cn-b --reason x", "with itself", "aliyun_auto_snapshot"},
		{"share es-cn-elsewhere es-cn-b --reason x", "", ""},
		{"share es-cn-other es-cn-b --reason x", "", ""},
		{"share es-cn-new es-cn-b --reason x", "7.10", ""},
		{"share es-cn-off es-cn-b --reason x", "switched off", "console"},
		{"share es-cn-frozen es-cn-b --reason x", "frozen", "bill"},
		{"share es-cn-busy es-cn-b --reason x", "at a change", "Wait"},
		{"share es-cn-red es-cn-b --reason x", "red", "Mend"},
		{"share es-cn-nobody es-cn-b --reason x", "es-cn-nobody", ""},
		{"share es_cn_a es-cn-b --reason x", "No cluster", "Did you mean es-cn-a"},
		{"share es-cn-a es-cn-c --reason x", "No cluster", "Did you mean"},
		{"share es-cn-b es-cn-a --reason x", "read-only", "another destination"},
	} {
		got := r.Answer(rig.Anna, c.text, 2)
		if !strings.Contains(got, c.want) || !strings.Contains(got, c.wayOut) {
			t.Errorf("%s\nwant %q and %q in:\n%s", c.text, c.want, c.wayOut, got)
		}
	}
	contains(t, r.Answer(rig.Anna, "share es-cn-a es-cn-b", 1), "needs a reason")
	if n := len(cards(r)); n != 0 {
		t.Errorf("%d people were asked", n)
	}
}

func TestTheCloudIsAwayAndWhatIsStillTrueIsSaid(t *testing.T) {
	t.Parallel()
	clusters := rig.Simulated(t, "6.7.0")
	cloud := rig.NewCloud(t, clusters)
	r := rig.New(t, rig.Options{Clusters: clusters, Cloud: cloud})
	r.Start()
	contains(t, r.Answer(rig.Anna, "clusters", 1), "Elasticsearch 6.7.0") // and finds the addresses
	cloud.Share("es-cn-b", "es-cn-a")
	if err := clusters.Share(); err != nil {
		t.Fatal(err)
	}
	cloud.Fail("ListSnapshotReposByInstanceId", aliyunsim.Activating().N(-1))
	contains(t, r.Answer(rig.Anna, "repos es-cn-b", 1), rig.Repository, "As Elasticsearch itself lists them; Alibaba Cloud's list can't be had now")
	contains(t, r.Answer(rig.Anna, shareThem, 2), "already, as Elasticsearch lists it", "Nobody was asked")
	cloud.Heal("")
	stop := clusters.SimReader.Refuse()
	contains(t, r.Answer(rig.Anna, "repos es-cn-b", 1), rig.Repository, "As Alibaba Cloud lists what is shared; Elasticsearch does not answer")
	stop()
	cloud.Fail("*", aliyunsim.BadGateway().N(-1))
	contains(t, r.Answer(rig.Anna, "clusters", 1), "Elasticsearch 6.7.0")
	contains(t, r.Answer(rig.Anna, shareThem, 2), "Alibaba Cloud")
	if n := len(cards(r)); n != 0 {
		t.Errorf("%d cards", n)
	}
}
