package main

import "slices"

// mutants are the guards that are known, by guarantee.
func mutants() []mutant {
	return slices.Concat(onceMutants, peopleMutants, recordMutants, oursMutants)
}

// onceMutants are about what is begun once and followed to its end, whatever crashes.
var onceMutants = []mutant{
	{"G1", "the marker is looked for before anything is sent", "esops/runner.go",
		`if r.accepted || marked(state, run.Marker) {`, `if r.accepted {`,
		"esops", "TestALostAnswerIsFoundByItsMarker"},
	{"G1", "after a request of unknown fate nothing is sent for a minute", "esops/runner.go",
		`unknown := run.Sent != nil && r.notSent != run.Sent.Attempt && !r.accepted`, `unknown := false`,
		"esops", "TestAJournalWithoutARequestIsAskedAgainOnlyAfterAMinute"},
	{"G1", "a cluster at a snapshot, or with a restore in its queue, is not quiet", "esops/runner.go",
		`if state.Snapshots > 0 || queued {`, `if false {`,
		"esops", "TestWhoIsBusyIsNotQuiet"},
	{"G1", "a cluster that does not answer is not quiet", "esops/runner.go",
		`		r.quietSince = time.Time{} // who did not answer was not seen to be quiet` + "\n", ``,
		"esops", "TestWhoIsBusyIsNotQuiet"},
	{"G1", "a refusal that the first request caused is no refusal", "esops/send.go",
		"	if marked(state, run.Marker) {\n		return r.begun(ctx, run, state)\n	}\n	r.notSent", "	if marked(state, \"another\") {\n		return r.begun(ctx, run, state)\n	}\n	r.notSent",
		"esops", "TestARefusalOfTheSecondRequestByTheFirstIsNoRefusal"},
	{"G1", "no request goes out on a look older than five seconds", "esops/send.go",
		`if r.Now().Sub(sent.At) > lookFresh {`, `if false {`,
		"esops", "TestALookOlderThanFiveSecondsIsNotActedOn"},
	{"G1", "the library never sends a restore request again", "esops/elastic/transport.go",
		`return nil, &lostAnswer{err}`, `return nil, err`,
		"esops/elastic", "TestARequestWhoseConnectionEndsIsNotSentAgain"},
	{"G1", "no change goes over a connection that was idle", "esops/elastic/client.go",
		`library(o, base, found(transport(false)))`, `library(o, base, found(transport(true)))`,
		"esops/elastic", "TestAConnectionThatDiedWhileIdleIsNeverUsedForAChange"},
	{"G1", "a request whose answer is lost is of unknown fate", "esops/elastic/write.go",
		`return nil, fmt.Errorf("%w: %w", esops.ErrUnknown, err)`, `return nil, c.unreachable(err)`,
		"esops/elastic", "TestARestoreRequestIsSentOnceWhateverComesOfIt"},

	{"G2", "what runs is claimed by whoever comes after", "approvals/state.go",
		`Running:  {Claimed: {Running}, `, `Running:  {`,
		"approvals", "TestWhatRunsIsTakenOverWithoutAskingAgain"},
	{"G2", "what runs is in the queue of a bot that comes later", "worker/worker.go",
		`if op.State != approvals.Waiting && !op.State.Final() && op.Due(now) {`, `if op.State == approvals.Ready && op.Due(now) {`,
		"internal/bot", "TestARestoreThatEndsWhileNoBotLivesIsReportedWithItsTrueEnd"},
	{"G2", "failed shards are a failure", "esops/wait.go",
		`if len(view.failed) > 0 {`, `if false {`,
		"esops", "TestFailedShardsAreExplainedAndTheRestIsCalledWhole"},
	{"G2", "it has ended only when nothing is pending", "esops/wait.go",
		`if view.pending > 0 {`, `if false {`,
		"esops", "TestAFailureIsOnlyToldOnceNothingIsPending"},
	{"G2", "shards whose origin is not told are not proved", "esops/verify.go",
		`case t.Proved+len(t.Empty) < t.Shards:`, `case false:`,
		"esops", "TestShardsWhoseOriginIsForgottenAreNotProved"},

	{"G9", "a primary that went with its node has a minute to come back", "esops/wait.go",
		`if reason != "NODE_LEFT" && reason != "CLUSTER_RECOVERED" {`, `if reason != "" {`,
		"esops", "TestANodeThatWentMayComeBackForAMinute"},
	{"G9", "an error of a master that may have lost its office leaves the fate open", "esops/elastic/write.go",
		`status == http.StatusGatewayTimeout, unsure(cause):`, `status == http.StatusGatewayTimeout:`,
		"esops/elastic", "TestARestoreRequestIsSentOnceWhateverComesOfIt"},
	{"G9", "a cluster that has not read its own state has lost nothing", "esops/elastic/state.go",
		`const notRecovered = "1"`, `const notRecovered = "0"`,
		"esops/elastic", "TestAClusterThatHasNotReadItsStateHasLostNothing"},
	{"G9", "another cluster behind the same name is left alone", "esops/runner.go",
		`was != "" && state.ClusterUUID != "" && state.ClusterUUID != was {`, `was != "" && state.ClusterUUID != "" && false {`,
		"esops", "TestAnotherClusterUnderTheNameIsLeftAlone"},
	{"G9", "the master's queue is looked at before a request of unknown fate is taken for lost", "esops/runner.go",
		`if queued, err = r.Watcher.Queued(ctx); err != nil {`, `if _, err = r.Watcher.Queued(ctx); err != nil {`,
		"esops", "TestWhoIsBusyIsNotQuiet"},
}
