package password

import (
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/cartouche-auth/cartouche/secret"
)

// What our own hashes have.
const (
	saltSize = 16
	tagSize  = 32
)

// normalisation is what was done to the text before it was hashed.
type normalisation string

const (
	normNone    normalisation = ""         // not recorded: the text as it was sent
	normTrim    normalisation = "trim"     // what Django REST framework does; never recorded
	normTrimNFC normalisation = "trim-nfc" // ours, see Normalize
)

// argon2Hash is an argon2 hash of version 0x13, ours or not.
type argon2Hash struct {
	cost      Cost
	salt, tag []byte
	norm      normalisation
	foreign   bool // it is replaced in any case: argon2i, or Django's own
	dataIndep bool // argon2i instead of argon2id
}

func (a argon2Hash) memory() uint32 { return a.cost.Memory }

func (a argon2Hash) asStrongAs(cost Cost) bool {
	return !a.foreign && a.norm == normTrimNFC && a.cost.work() >= cost.work() && len(a.salt) >= saltSize && len(a.tag) >= tagSize
}

func (a argon2Hash) matches(t text) bool { return secret.Equal(a.compute(t), a.tag) }

func (a argon2Hash) compute(t text) []byte {
	plain := map[normalisation]string{normNone: t.given, normTrim: t.trimmed, normTrimNFC: t.normal}[a.norm]
	key := argon2.IDKey
	if a.dataIndep {
		key = argon2.Key
	}
	return key([]byte(plain), a.salt, a.cost.Passes, a.cost.Memory, a.cost.Lanes, uint32(len(a.tag)))
}

// hashText makes a hash of ours.
func hashText(cost Cost, t text) string {
	a := argon2Hash{cost: cost, salt: secret.Bytes(saltSize), tag: make([]byte, tagSize), norm: normTrimNFC}
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d,norm=%s$%s$%s",
		argon2.Version, cost.Memory, cost.Passes, cost.Lanes, a.norm, encode(a.salt), encode(a.compute(t)))
}

// readPHC reads a PHC string without its first dollar sign.
func readPHC(rest string) (work, error) { return readArgon2(rest) }

// readDjangoArgon2 reads the PHC string that Django puts behind its own word.
func readDjangoArgon2(rest string) (work, error) {
	a, err := readArgon2(rest)
	if a.norm != normNone {
		return nil, errUnreadable
	}
	a.norm, a.foreign = normTrim, true
	return a, err
}

func readArgon2(phc string) (argon2Hash, error) {
	var a argon2Hash
	parts := strings.Split(phc, "$")
	switch {
	case parts[0] == "argon2d", len(parts) > 1 && strings.HasPrefix(parts[1], "m="), len(parts) > 1 && parts[1] == "v=16":
		// golang.org/x/crypto/argon2 computes neither argon2d nor version 16, which strings without a version are.
		return a, errUnsupported
	case parts[0] != "argon2id" && parts[0] != "argon2i", len(parts) != 5, parts[1] != fmt.Sprintf("v=%d", argon2.Version):
		return a, errUnreadable
	}
	a.dataIndep = parts[0] == "argon2i"
	a.foreign = a.dataIndep
	if err := a.readParameters(parts[2]); err != nil {
		return a, err
	}
	var saltErr, tagErr error
	a.salt, saltErr = base64.RawStdEncoding.Strict().DecodeString(parts[3])
	a.tag, tagErr = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	// RFC 9106, section 3.1: a tag has at least 4 bytes; argon2's own library wants 8 of salt.
	if saltErr != nil || tagErr != nil || len(a.salt) < 8 || len(a.salt) > maxSalt || len(a.tag) < 4 || len(a.tag) > maxTag {
		return a, errUnreadable
	}
	return a, nil
}

// readParameters reads m=19456,t=2,p=1 and the normalisation that may follow.
func (a *argon2Hash) readParameters(list string) error {
	var numbers [3]uint64
	parts := strings.Split(list, ",")
	if len(parts) == 4 && parts[3] == "norm="+string(normTrimNFC) {
		a.norm, parts = normTrimNFC, parts[:3]
	}
	if len(parts) != 3 {
		return errUnreadable
	}
	for i, p := range []struct {
		name  string
		limit uint64
	}{{"m=", maxMemory}, {"t=", maxPasses}, {"p=", maxLanes}} {
		text, ok := strings.CutPrefix(parts[i], p.name)
		if !ok {
			return errUnreadable
		}
		n, err := readNumber(text, p.limit)
		if err != nil {
			return err
		}
		numbers[i] = n
	}
	a.cost = Cost{Memory: uint32(numbers[0]), Passes: uint32(numbers[1]), Lanes: uint8(numbers[2])}
	if a.cost.checkCaps() != nil {
		return errUnreadable
	}
	return nil
}
