// Package esops plans a change to an Elasticsearch cluster and performs it step
// by step.
//
// A [Planner] turns a [Request] into a [Plan] with a [Reader] alone: planning
// cannot write, by type. A [Runner] performs the plan's steps one look at a
// time, so that a process that dies at any point is followed by another that
// looks, understands and goes on.
//
// The package knows no HTTP, no Slack and no Redis, never logs and never
// sleeps: package elastic (esops/elastic) speaks to the cluster, package worker
// keeps the time. Start reading at plan.go, then runner.go.
package esops
