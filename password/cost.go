package password

import (
	"errors"
	"fmt"
)

// Cost is what one argon2id hash (RFC 9106) takes.
type Cost struct {
	Memory uint32 // KiB
	Passes uint32 // over the memory
	Lanes  uint8  // goroutines that share the work of one hash; more than one lets a single sign-in take every core
}

// profiles are the costs that have a name. The names are part of the configuration.
var profiles = map[string]Cost{
	"small":    {Memory: 19 << 10, Passes: 2, Lanes: 1}, // the lowest that OWASP and ASVS 5 (appendix C) accept: one or two cores
	"standard": {Memory: 64 << 10, Passes: 3, Lanes: 1}, // memory and passes of RFC 9106's second choice: 2 GiB free
}

// floors are the costs that ASVS 5 (appendix C) accepts as equally strong.
var floors = []Cost{{Memory: 46 << 10, Passes: 1}, {Memory: 19 << 10, Passes: 2}, {Memory: 12 << 10, Passes: 3}}

// Caps on hashes that others have made. A row that asks for more is not read: one planted or mistaken hash would stop the machine (the attack of
// the costly import).
const (
	maxMemory           = 256 << 10 // KiB
	maxPasses           = 10
	maxLanes            = 16
	maxPBKDF2Iterations = 2_000_000
	maxBcryptCost       = 15
	maxScryptN          = 1 << 18
	maxScryptP          = 5 // Django's default
	maxSalt, maxTag     = 64, 64
	maxEncoded          = 512
)

// checkCaps refuses what argon2 cannot compute or what costs too much.
func (c Cost) checkCaps() error {
	switch {
	case c.Passes < 1, c.Lanes < 1, c.Memory < 8*uint32(c.Lanes):
		return errors.New("argon2 needs at least one pass, one lane and 8 KiB of memory a lane")
	case c.Memory > maxMemory, c.Passes > maxPasses, c.Lanes > maxLanes:
		return fmt.Errorf("argon2 is limited to %d KiB, %d passes and %d lanes", maxMemory, maxPasses, maxLanes)
	}
	return nil
}

// checkFloor refuses what is too cheap to guess.
func (c Cost) checkFloor() error {
	for _, floor := range floors {
		if c.Memory >= floor.Memory && c.Passes >= floor.Passes {
			return nil
		}
	}
	return errors.New("argon2id must not cost less than 46 MiB in one pass, 19 MiB in two or 12 MiB in three")
}

// work is how many KiB are computed: what a guess costs.
func (c Cost) work() uint64 { return uint64(c.Memory) * uint64(c.Passes) }
