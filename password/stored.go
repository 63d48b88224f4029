package password

import (
	"errors"
	"strconv"
	"strings"
)

// stored is a hash as it was read.
type stored struct {
	scheme string
	work   work // nil: no password matches
}

// work is a readable hash.
type work interface {
	matches(t text) bool       // does the work, then compares in constant time
	asStrongAs(cost Cost) bool // else it is replaced
	memory() uint32            // KiB that the work takes
}

// Reasons why a hash whose scheme is known has no work; they end its name.
var (
	errUnreadable  = errors.New("unreadable")
	errTooCostly   = errors.New("too-costly")
	errUnsupported = errors.New("unsupported")
)

// schemes are the words that a hash begins with, up to a dollar sign, and how what follows the first dollar sign is read.
var schemes = map[string]func(rest string) (work, error){
	"$argon2id":     readPHC,
	"$argon2i":      readPHC,
	"$argon2d":      readPHC,
	"pbkdf2_sha256": readPBKDF2(sha256Size),
	"pbkdf2_sha1":   readPBKDF2(sha1Size),
	"argon2":        readDjangoArgon2,
	"bcrypt_sha256": readBcrypt(true),
	"bcrypt":        readBcrypt(false),
	"scrypt":        readScrypt,
	"md5":           readDigest(md5Size),
	"sha1":          readDigest(sha1Size),
	"crypt":         func(string) (work, error) { return nil, errUnsupported },
}

// Scheme names how encoded was made, for audit and statistics: "argon2id" is our own or another PHC string; Django's keep their names; then
// "unusable", "none" (empty) and "unknown". A scheme that is known but not read for this hash ends in "-unreadable", "-too-costly" or "-unsupported".
func Scheme(encoded string) string { return read(encoded).scheme }

func read(encoded string) stored {
	switch {
	case encoded == "":
		return stored{scheme: "none"}
	case encoded[0] == '!':
		return stored{scheme: "unusable"}
	case len(encoded) > maxEncoded:
		return stored{scheme: "unknown"}
	case len(encoded) == 2*md5Size && !strings.Contains(encoded, "$"):
		encoded = "md5$$" + encoded // the oldest form of all
	}
	scheme, rest, found := strings.Cut(encoded, "$")
	if scheme == "" {
		name, _, _ := strings.Cut(rest, "$")
		scheme = "$" + name
	}
	reader, known := schemes[scheme]
	if !found || !known {
		return stored{scheme: "unknown"}
	}
	work, err := reader(rest)
	if scheme = strings.TrimPrefix(scheme, "$"); strings.HasPrefix(encoded, "argon2$argon2d$") {
		scheme = "argon2d" // Django's word for it is argon2, which would not tell why it is not read
	}
	if err != nil {
		return stored{scheme: scheme + "-" + err.Error()}
	}
	return stored{scheme, work}
}

// readNumber reads a positive decimal number as its makers write it: no sign, no leading zero.
func readNumber(s string, limit uint64) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, errTooCostly
	case err != nil, n == 0, s[0] == '0':
		return 0, errUnreadable
	case n > limit:
		return 0, errTooCostly
	}
	return n, nil
}
