package main

// Main is the command itself, for tests that run it as a process of its own.
var Main = main
