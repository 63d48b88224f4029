package password

import (
	"crypto/md5" //nolint:gosec // read only, and replaced on the first sign-in
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // read only, and replaced on the first sign-in
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"math/bits"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"

	"github.com/cartouche-auth/cartouche/secret"
)

// The digests are told apart by their sizes.
const (
	md5Size    = md5.Size
	sha1Size   = sha1.Size
	sha256Size = sha256.Size
)

var digests = map[int]func() hash.Hash{md5Size: md5.New, sha1Size: sha1.New, sha256Size: sha256.New}

// foreign has what the formats of Django share: small memory, and that ours replace them.
type foreign struct{}

func (foreign) asStrongAs(Cost) bool { return false }

func (foreign) memory() uint32 { return 1 }

// pbkdf2Hash is pbkdf2_sha256$<iterations>$<salt as text>$<base64>, and the same with SHA-1.
type pbkdf2Hash struct {
	foreign
	iterations int
	salt, tag  []byte
}

func readPBKDF2(size int) func(string) (work, error) {
	return func(rest string) (work, error) {
		parts := strings.Split(rest, "$")
		if len(parts) != 3 {
			return nil, errUnreadable
		}
		iterations, err := readNumber(parts[0], maxPBKDF2Iterations)
		if err != nil {
			return nil, err
		}
		salt, tag, err := readSaltAndTag(parts[1], parts[2], size)
		return pbkdf2Hash{iterations: int(iterations), salt: salt, tag: tag}, err
	}
}

func (p pbkdf2Hash) matches(t text) bool {
	key, err := pbkdf2.Key(digests[len(p.tag)], t.trimmed, p.salt, p.iterations, len(p.tag))
	return err == nil && secret.Equal(key, p.tag)
}

// scryptHash is scrypt$<n>$<salt as text>$<r>$<p>$<base64 of 64 bytes>. Only r = 8 is in use.
type scryptHash struct {
	foreign
	n, p      int
	salt, tag []byte
}

const scryptR = 8

func readScrypt(rest string) (work, error) {
	parts := strings.Split(rest, "$")
	if len(parts) != 5 {
		return nil, errUnreadable
	}
	n, errN := readNumber(parts[0], maxScryptN)
	r, errR := readNumber(parts[2], scryptR)
	p, errP := readNumber(parts[3], maxScryptP)
	for _, err := range []error{errN, errR, errP} {
		if err != nil {
			return nil, err
		}
	}
	if r != scryptR || n < 2 || bits.OnesCount64(n) != 1 { // RFC 7914, section 6: a power of two, larger than 1
		return nil, errUnreadable
	}
	salt, tag, err := readSaltAndTag(parts[1], parts[4], 64)
	return scryptHash{n: int(n), p: int(p), salt: salt, tag: tag}, err
}

func (s scryptHash) memory() uint32 { return uint32(s.n * scryptR * 128 >> 10) }

func (s scryptHash) matches(t text) bool {
	key, err := scrypt.Key([]byte(t.trimmed), s.salt, s.n, scryptR, s.p, len(s.tag))
	return err == nil && secret.Equal(key, s.tag)
}

// bcryptHash is bcrypt$<the usual bcrypt string>, whose first 72 bytes of password count, and bcrypt_sha256$…, which hashes the
// hexadecimal SHA-256 of the password and so has no such limit.
type bcryptHash struct {
	foreign
	encoded   []byte
	prehashed bool
}

var bcryptForm = regexp.MustCompile(`^\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}$`)

func readBcrypt(prehashed bool) func(string) (work, error) {
	return func(rest string) (work, error) {
		parts := bcryptForm.FindStringSubmatch(rest)
		if parts == nil {
			return nil, errUnreadable
		}
		cost, err := strconv.Atoi(parts[1])
		switch {
		case err != nil, cost < bcrypt.MinCost:
			return nil, errUnreadable
		case cost > maxBcryptCost:
			return nil, errTooCostly
		}
		return bcryptHash{encoded: []byte(rest), prehashed: prehashed}, nil
	}
}

func (b bcryptHash) matches(t text) bool {
	plain := []byte(t.trimmed)
	if b.prehashed {
		sum := sha256.Sum256(plain)
		plain = []byte(hex.EncodeToString(sum[:]))
	}
	return bcrypt.CompareHashAndPassword(b.encoded, plain) == nil
}

// digestHash is md5$<salt as text>$<hex> or sha1$…; the salt may be empty.
type digestHash struct {
	foreign
	salt string
	tag  []byte
}

func readDigest(size int) func(string) (work, error) {
	return func(rest string) (work, error) {
		salt, digits, found := strings.Cut(rest, "$")
		tag, err := hex.DecodeString(digits)
		if !found || err != nil || len(tag) != size || len(salt) > maxSalt {
			return nil, errUnreadable
		}
		return digestHash{salt: salt, tag: tag}, nil
	}
}

func (d digestHash) matches(t text) bool {
	h := digests[len(d.tag)]()
	h.Write([]byte(d.salt + t.trimmed))
	return secret.Equal(h.Sum(nil), d.tag)
}

// readSaltAndTag reads what follows the parameters: the salt is text as it stands, the tag padded base64.
func readSaltAndTag(salt, encoded string, size int) ([]byte, []byte, error) {
	tag, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || len(tag) != size || salt == "" || len(salt) > maxSalt {
		return nil, nil, errUnreadable
	}
	return []byte(salt), tag, nil
}
