// Package delivery checks what stands beside the code, so that it is as true as
// the code: README.md and docs, the Makefile, compose.yml and the Dockerfile.
//
// What is shown of the program is compared with what people see of it; what is
// named is there; what is configured is sound. The package has tests only: start
// at story_test.go. Rooms hold pages to what only they know: package handlers the
// README's commands, package approvals the diagram of the states.
package delivery
