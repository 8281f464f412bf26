package aliyun_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"es-restore/aliyun"
	"es-restore/esops"
)

// pair is the vendor's example, in which nothing is the matter.
func pair() (src, dst aliyun.Side) {
	src = aliyun.Side{
		Name: "prod", Health: "green", Backup: &aliyun.Backup{Enabled: true}, Snapshots: new(3),
		Instance: instance("es-cn-a", "6.7.0_with_X-Pack"),
	}
	dst = aliyun.Side{
		Name: "dev", Health: "green", Offered: []string{"es-cn-a"}, Shared: []aliyun.Repository{},
		Instance: instance("es-cn-b", "6.7.0_with_X-Pack"),
	}
	src.Instance.Kernel, dst.Instance.Kernel = aliyun.Kernel{Major: 1, Minor: 2}, aliyun.Kernel{Major: 1, Minor: 3}
	return src, dst
}

func instance(id, raw string) aliyun.Instance {
	v, err := esops.ParseVersion(raw)
	if err != nil {
		v = esops.Version{}
	}
	return aliyun.Instance{ID: id, Region: region, Status: aliyun.StatusActive, RawVersion: raw, Version: v, Category: aliyun.CategoryStandard}
}

// said is a verdict in short: severity and code of each finding.
func said(findings []esops.Finding) []string {
	out := []string{}
	for _, f := range findings {
		out = append(out, fmt.Sprintf("%s %s", f.Severity, f.Code))
	}
	return out
}

func TestTheVendorsExampleMayBeShared(t *testing.T) {
	if got := aliyun.ShareVerdict(pair()); len(got) != 0 {
		t.Error(got)
	}
}

func TestEverythingThePageAsksForIsJudged(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(src, dst *aliyun.Side)
		want   []string
		says   string
	}{
		{"itself", func(src, dst *aliyun.Side) { dst.Instance.ID = "es-cn-a" }, []string{"blocking itself"}, "prod can't share its snapshots with itself"},
		{"another region", func(_, dst *aliyun.Side) { dst.Instance.Region = "cn-beijing" }, []string{"blocking other_region"}, "prod is in cn-hangzhou and dev is in cn-beijing"},
		{"a region that is not known", func(src, _ *aliyun.Side) { src.Instance.Region = "" }, []string{"warning region_unknown"}, "not known"},
		{"another account", func(_, dst *aliyun.Side) { dst.Offered = []string{} }, []string{"blocking not_offered"}, "different accounts"},
		{"offers that can't be read", func(_, dst *aliyun.Side) { dst.Offered = nil }, []string{"warning offer_unknown"}, "one account is not known"},
		{"shared already", func(_, dst *aliyun.Side) {
			dst.Shared = []aliyun.Repository{{Name: "aliyun_snapshot_from_es-cn-a", Source: "es-cn-a", Valid: true}}
		}, []string{"blocking already_shared"}, "dev has the repository of prod already"},
		{"shared but not valid", func(_, dst *aliyun.Side) { dst.Shared = []aliyun.Repository{{Source: "es-cn-a"}} }, []string{"blocking shared_invalid"}, "unavailable"},
		{"shared with someone else's", func(_, dst *aliyun.Side) { dst.Shared = []aliyun.Repository{{Source: "es-cn-x", Valid: true}} }, []string{}, ""},
		{"a list that can't be read", func(_, dst *aliyun.Side) { dst.Shared = nil }, []string{"note shared_unknown"}, "already is not known"},
		{"a source at a change", func(src, _ *aliyun.Side) { src.Instance.Status = "activating" }, []string{"blocking source_activating"}, "prod is at a change"},
		{"a frozen source", func(src, _ *aliyun.Side) { src.Instance.Status = "inactive" }, []string{"blocking source_inactive"}, "prod is frozen"},
		{"a released source", func(src, _ *aliyun.Side) { src.Instance.Status = "invalid" }, []string{"blocking source_invalid"}, "calls it invalid"},
		{"a source of some other status", func(src, _ *aliyun.Side) { src.Instance.Status = "unknown" }, []string{"blocking source_invalid"}, "calls it unknown"},
		{"a source whose status is not told", func(src, _ *aliyun.Side) { src.Instance.Status = "" }, []string{"warning source_status_unknown"}, "active is not known"},
		{"a destination at a change", func(_, dst *aliyun.Side) { dst.Instance.Status = "activating" }, []string{"blocking destination_activating"}, "dev is at a change"},
		{"a frozen destination", func(_, dst *aliyun.Side) { dst.Instance.Status = "inactive" }, []string{"blocking destination_inactive"}, "dev is frozen"},
		{"a red source", func(src, _ *aliyun.Side) { src.Health = "red" }, []string{"blocking source_unhealthy"}, "prod is red"},
		{"a red destination", func(_, dst *aliyun.Side) { dst.Health = "red" }, []string{"blocking destination_unhealthy"}, "dev is red"},
		{"a yellow destination", func(_, dst *aliyun.Side) { dst.Health = "yellow" }, []string{"note destination_yellow"}, "no place"},
		{"a health that is not known", func(src, _ *aliyun.Side) { src.Health = "" }, []string{"note source_health_unknown"}, "How prod is"},
		{"snapshots switched off", func(src, _ *aliyun.Side) { src.Backup.Enabled = false }, []string{"blocking backup_off"}, "switched off"},
		{"snapshots that may be off", func(src, _ *aliyun.Side) { src.Backup = nil }, []string{"warning backup_unknown"}, "takes automatic snapshots is not known"},
		{"the Indexing Service", func(src, _ *aliyun.Side) { src.Backup.Enabled, src.Instance.Category = false, "IS" }, []string{"blocking no_backup_here"}, "has none"},
		{"no snapshot", func(src, _ *aliyun.Side) { src.Snapshots = new(0) }, []string{"blocking no_snapshot"}, "no repository to share"},
		{"a number that is not known", func(src, _ *aliyun.Side) { src.Snapshots = nil }, []string{"note snapshots_unknown"}, "How many"},
		{"a version that is not known", func(src, _ *aliyun.Side) { src.Instance.Version = esops.Version{} }, []string{"warning version_unknown"}, "versions of prod and dev"},
		{"nothing but the names", func(src, dst *aliyun.Side) {
			*src, *dst = aliyun.Side{Instance: aliyun.Instance{ID: "es-a"}}, aliyun.Side{Instance: aliyun.Instance{ID: "es-b"}}
		}, []string{
			"warning region_unknown", "warning source_status_unknown", "warning destination_status_unknown", "warning backup_unknown", "warning version_unknown",
			"note shared_unknown", "note source_health_unknown", "note destination_health_unknown", "note snapshots_unknown",
		}, "es-a"},
		{"much at once", func(src, dst *aliyun.Side) {
			src.Backup.Enabled, src.Snapshots, src.Health, dst.Health, dst.Offered = false, new(0), "yellow", "red", nil
			src.Instance.Version, src.Instance.RawVersion = esops.Version{Major: 7}, "7.0.0"
		}, []string{
			"blocking destination_unhealthy", "blocking backup_off", "blocking no_snapshot", "blocking source_newer", "warning offer_unknown", "note source_yellow",
		}, "dev"},
	} {
		src, dst := pair()
		c.change(&src, &dst)
		got := aliyun.ShareVerdict(src, dst)
		if diff := cmp.Diff(c.want, said(got)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if len(got) > 0 && !strings.Contains(got[0].Sentence, c.says) {
			t.Errorf("%s: %q", c.name, got[0].Sentence)
		}
		for _, f := range got {
			if !strings.HasSuffix(f.Sentence, ".") || f.Severity == esops.Blocking && f.WayOut == "" || f.WayOut != "" && f.Code != "already_shared" && !strings.HasSuffix(f.WayOut, ".") {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
	}
}

// What the versions on offer, and those of the vendor's matrix, are to one
// another: rows share, columns are shared with. Letters: . nothing to say,
// m several types may fail, o older indices are refused, n the source is newer,
// t it is too old, d the destination is too old, ? the pages do not say.
const matrix = `
        5.5.3 5.6.16 6.3.2 6.7.0 6.8.6 7.1.1 7.4.0 7.7.1 7.10.0 7.16.2 7.17.0 8.5.1 8.9.1 8.17.0
5.5.3   d     .      m     m     m     t     t     t     t      t      t      t     t     t
5.6.16  d     .      m     m     m     t     t     t     t      t      t      t     t     t
6.3.2   d     n      .     .     .     o     o     o     o      o      ?      t     t     t
6.7.0   d     n      n     .     .     o     o     o     o      o      ?      t     t     t
6.8.6   d     n      n     n     .     n     o     o     o      o      ?      t     t     t
7.1.1   d     n      n     n     n     .     .     .     .      .      ?      ?     ?     ?
7.4.0   d     n      n     n     n     n     .     .     .      .      ?      ?     ?     ?
7.7.1   d     n      n     n     n     n     n     .     .      .      ?      ?     ?     ?
7.10.0  d     n      n     n     n     n     n     n     .      .      ?      ?     ?     ?
7.16.2  d     n      n     n     n     n     n     n     n      .      ?      ?     ?     ?
7.17.0  d     n      n     n     n     n     n     n     n      n      ?      ?     ?     ?
8.5.1   d     n      n     n     n     n     n     n     n      n      n      ?     ?     ?
8.9.1   d     n      n     n     n     n     n     n     n      n      n      n     ?     ?
8.17.0  d     n      n     n     n     n     n     n     n      n      n      n     n     ?
`

var letters = map[string][]string{
	".": {}, "m": {"note multiple_types"}, "o": {"note older_major"}, "n": {"blocking source_newer"},
	"t": {"blocking source_too_old"}, "d": {"blocking destination_too_old"}, "?": {"warning versions_not_listed"},
}

func TestTheWholeMatrixOfVersionsIsJudged(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(matrix), "\n")
	columns := strings.Fields(lines[0])
	for _, line := range lines[1:] {
		row := strings.Fields(line)
		for n, column := range columns {
			for _, with := range []string{"", "_with_X-Pack"} {
				src, dst := pair()
				src.Instance.Version, src.Instance.RawVersion = instance("", row[0]).Version, row[0]+with
				dst.Instance.Version, dst.Instance.RawVersion = instance("", column).Version, column+with
				if diff := cmp.Diff(letters[row[n+1]], said(aliyun.ShareVerdict(src, dst))); diff != "" {
					t.Errorf("%s to %s: %s", row[0], column, diff)
				}
			}
		}
	}
}

func TestAReasonIsGivenForEachVersion(t *testing.T) {
	for _, c := range []struct{ from, to, says, wayOut string }{
		{"5.5.3", "5.5.3", "dev is 5.5.3, in which a failed restore hangs for ever; 5.6 is the oldest", "Upgrade it to 5.6.16 first"},
		{"5.6.16", "7.10.0", "prod is 5.6.16 and dev is 7.10.0; 7.x reads what 6.x and 7.x wrote, and nothing older", "Restore to a 6.x cluster"},
		{"6.8.6", "7.0.0", "6.8 is younger than 7.0 and 7.1", "6.8, or of 7.2"},
		{"7.10.0", "8.17.0", "neither that it works nor that it does not. Elasticsearch itself restores indices that were made in 7.x", "one small index"},
		{"8.5.1", "8.17.0", "Elasticsearch itself restores to the same or a later version", "one small index"},
		{"6.8.6", "8.5.1", "8.x reads what 7.x and 8.x wrote", "Restore to a 7.x cluster"},
		{"7.16.2", "7.10.0", "prod is 7.16.2, later than the 7.10.0 of dev", "same or a later version"},
		{"5.5.3", "6.7.0", "with several may fail", ""},
		{"6.7.0", "7.10.0", "made before 6.0 is refused", ""},
	} {
		src, dst := pair()
		src.Instance, dst.Instance = instance("es-cn-a", c.from), instance("es-cn-b", c.to)
		got := aliyun.ShareVerdict(src, dst)
		if len(got) != 1 || !strings.Contains(got[0].Sentence, c.says) || !strings.Contains(got[0].WayOut, c.wayOut) {
			t.Errorf("%s to %s: %+v", c.from, c.to, got)
		}
	}
}

func TestAPatchThatIsNotToldDoesNotCount(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     []string
	}{
		{"6.8.6_with_X-Pack", "6.8_with_X-Pack", []string{}},
		{"6.8_with_X-Pack", "6.8.6_with_X-Pack", []string{}},
		{"6.8.6_with_X-Pack", "6.8.5_with_X-Pack", []string{"blocking source_newer"}},
		{"6.8_with_X-Pack", "6.7_with_X-Pack", []string{"blocking source_newer"}},
	} {
		src, dst := pair()
		src.Instance, dst.Instance = instance("es-cn-a", c.from), instance("es-cn-b", c.to)
		if diff := cmp.Diff(c.want, said(aliyun.ShareVerdict(src, dst))); diff != "" {
			t.Errorf("%s to %s: %s", c.from, c.to, diff)
		}
	}
}

func TestKernelsMatterBetweenTwoOf670Standard(t *testing.T) {
	kernel := func(s string) aliyun.Kernel {
		k, _ := aliyun.ParseKernel(s)
		return k
	}
	for _, c := range []struct {
		from, to string
		want     []string
	}{
		{"ali1.2.0", "ali1.3.0", []string{}},
		{"ali0.3.0", "ali1.0.2", []string{}},
		{"ali1.3.0", "ali1.2.0", []string{"blocking kernel_older"}},
		{"ali1.2.0", "ali1.2.0", []string{"blocking kernel_not_latest"}},
		{"ali1.3.0", "ali1.3.0", []string{"note kernel_same"}},
		{"ali1.4.0", "ali1.4.0", []string{"note kernel_same"}},
		{"ali1.12.0", "ali1.4.0", []string{"blocking kernel_older"}},
		{"", "ali1.3.0", []string{"warning kernel_unknown"}},
		{"ali1.3.0", "", []string{"warning kernel_unknown"}},
		{"", "", []string{"warning kernel_unknown"}},
	} {
		for _, raw := range []string{"6.7.0_with_X-Pack", "6.7_with_X-Pack"} {
			for _, category := range []string{aliyun.CategoryStandard, ""} {
				src, dst := pair()
				src.Instance.Kernel, dst.Instance.Kernel = kernel(c.from), kernel(c.to)
				src.Instance.RawVersion, dst.Instance.RawVersion = raw, "6.7.0_with_X-Pack"
				src.Instance.Category, dst.Instance.Category = category, category
				if diff := cmp.Diff(c.want, said(aliyun.ShareVerdict(src, dst))); diff != "" {
					t.Errorf("%s to %s: %s", c.from, c.to, diff)
				}
			}
		}
		// Another version or another edition: nobody asks for kernels.
		src, dst := pair()
		src.Instance.Kernel, dst.Instance.Kernel = kernel(c.from), kernel(c.to)
		dst.Instance.Category = aliyun.CategoryAdvanced
		if got := aliyun.ShareVerdict(src, dst); len(got) != 0 {
			t.Error(got)
		}
		dst.Instance = instance("es-cn-b", "6.8.6")
		if got := aliyun.ShareVerdict(src, dst); len(got) != 0 {
			t.Error(got)
		}
	}
}

func TestAVerdictIsSortedAndPure(t *testing.T) {
	some := func(t *rapid.T) aliyun.Side {
		s := aliyun.Side{
			Health:   rapid.SampledFrom([]string{"", "green", "yellow", "red"}).Draw(t, "health"),
			Instance: instance(rapid.SampledFrom([]string{"es-1", "es-2", "es-3"}).Draw(t, "id"), rapid.SampledFrom([]string{"", "5.5.3", "6.7", "6.7.0", "6.8", "7.1.0", "7.10", "8.5.1"}).Draw(t, "version")),
		}
		s.Instance.Status = rapid.SampledFrom([]string{"", "active", "activating", "inactive", "odd"}).Draw(t, "status")
		s.Instance.Region = rapid.SampledFrom([]string{"", "cn-hangzhou", "cn-beijing"}).Draw(t, "region")
		s.Instance.Kernel = aliyun.Kernel{Minor: rapid.IntRange(0, 2).Draw(t, "kernel")}
		if rapid.Bool().Draw(t, "told") {
			s.Backup, s.Snapshots, s.Offered, s.Shared = &aliyun.Backup{Enabled: rapid.Bool().Draw(t, "on")}, new(rapid.IntRange(0, 1).Draw(t, "snapshots")), []string{"es-1"}, []aliyun.Repository{{Source: "es-2"}}
		}
		return s
	}
	rank := map[esops.Severity]int{esops.Blocking: 0, esops.Warning: 1, esops.Note: 2}
	rapid.Check(t, func(t *rapid.T) {
		src, dst := some(t), some(t)
		got := aliyun.ShareVerdict(src, dst)
		if diff := cmp.Diff(got, aliyun.ShareVerdict(src, dst)); diff != "" {
			t.Fatal(diff)
		}
		if !slices.IsSortedFunc(got, func(a, b esops.Finding) int { return rank[a.Severity] - rank[b.Severity] }) {
			t.Fatal(said(got))
		}
		for _, f := range got {
			if f.Code == "" || f.Sentence == "" || strings.Contains(f.Sentence, "%!") || strings.Contains(f.WayOut, "%!") {
				t.Fatalf("%+v", f)
			}
		}
	})
}
