// Package fault has no code of its own. Its tests break what the server stands on while people use it: its database, its disk, its mail server, itself. See
// docs/explanation/faults.md.
package fault
