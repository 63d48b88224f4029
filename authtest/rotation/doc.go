// Package rotation holds a model of the refresh rule and a program that explores it.
//
// The model is small on purpose. A [Rule] says what one row and one presented token lead to; it knows no database, no HTTP and no cryptography. [Explore]
// puts a rule behind a browser with one cookie jar, some tabs, a network that loses, delays and reorders, a crash that forgets the newest cookie, and a
// thief who once copies the jar, and tries everything that can happen within [Bounds], breadth first. So "nothing found" means that there is nothing within
// the bounds, and a trace that is found is a shortest one.
//
// The tests of this package do two things with it. They hold the built rule to what docs/explanation/refresh.md promises, and several rules that are in use
// elsewhere to their known failures, which shows that the explorer can fail. And they drive the real HTTP handler, on SQLite and on PostgreSQL, with
// the model's alphabet, comparing every answer and every row with what the model says.
//
// # Reading order
//
// rule.go: the built rule. otherrules.go: rules that fail. world.go: what the explorer knows about a moment. moves.go: what can happen next.
// explore.go: the search.
package rotation
