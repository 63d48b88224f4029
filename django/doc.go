// Package django reads what Django wrote, so that a site can move its accounts here and nobody notices: password-reset links that are on their way, the
// refresh tokens of djangorestframework-simplejwt, the keys of Django REST framework's token authentication, sessions, and the tables of users.
// It speaks no HTTP, and never writes to a Django database.
//
// [Keys] holds the secrets, [ResetTokens] and [RefreshTokens] check what people present, [Open] and [Import] bring the accounts over.
package django
