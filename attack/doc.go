// Package attack holds attacks on the real server, from outside: each is a test, a row of a table, and a line of docs/reference/security.md, which is made
// from that table. What can be attacked only from inside has its tests beside the code; the page names those too.
package attack
