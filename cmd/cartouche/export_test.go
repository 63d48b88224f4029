package main

// Main is the command itself, for tests that run it as a process of its own.
var Main = main

// ReasonSentences is what operators read of each reason.
var ReasonSentences = reasonSentences
