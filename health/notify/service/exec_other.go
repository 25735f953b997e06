//go:build !unix

package service

import "os/exec"

// ownGroup does nothing here: there are no groups of processes.
func ownGroup(*exec.Cmd) {}

// killGroup ends a program.
func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
