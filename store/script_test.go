package store

// CommitSource is the commit script as it is built in, for tests that meddle with its
// runs.
var CommitSource = commitSource
