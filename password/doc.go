// Package password hashes passwords with argon2id, reads every hash that Django has stored, and lets only as many run at once as the machine
// carries. It knows no users.
//
// # What is stored
//
// Our own hash is a PHC string that records what was done to the text before hashing:
//
//	$argon2id$v=19$m=19456,t=2,p=1,norm=trim-nfc$<salt>$<tag>
//
// Read, and replaced by our own when the password was right: Django's pbkdf2_sha256, pbkdf2_sha1, argon2 (argon2id and argon2i), bcrypt_sha256,
// bcrypt, scrypt, md5, and the salted and unsalted MD5 and SHA-1 of very old sites. Not read, so that they never match: argon2d, argon2 of version
// 16, crypt, and whatever costs more than the caps in cost.go; Scheme names them.
//
// # What takes the same time
//
// A wrong password, an unknown user (encoded ""), an unusable hash and an unreadable one all cost one argon2id hash of the current cost. A hash that
// is not as strong as the current cost adds its own work to that, whether the password is right (the second hash is stored) or wrong (it is thrown
// away). So a check is never cheaper than ours, and one of MD5 or SHA-1 cannot be told from ours. Slow foreign hashes, such as
// PBKDF2 of a million iterations, can: nobody else's check is slowed down to match them. That ends, account by account, with the first sign-in.
package password
