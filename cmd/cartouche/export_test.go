package main

import "github.com/spf13/cobra"

// Main is the command itself, for tests that run it as a process of its own.
var Main = main

// ReasonSentences is what operators read of each reason.
var ReasonSentences = reasonSentences

// Root is the tree of commands.
func Root() *cobra.Command { return (&app{}).root() }
