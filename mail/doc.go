// Package mail words the mails of package auth and hands them over: to a mail server, into a folder, to the log, or to a test.
//
// What a mail may say is in templates, a text and an HTML one for each kind, that a folder of files can replace one by one. Links come from the
// configuration only, never from a request. A mail has one recipient, the address stored on the account, and nothing that a user chose gets into a
// header. Nothing is kept and nothing is tried twice here: that is the outbox's business, in package auth.
package mail
