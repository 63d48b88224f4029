// Package secret is where everything starts that must not be guessed or seen: randomness, comparison in constant time, text that cannot be
// logged, and the master key with what is derived from it.
//
// No other package imports crypto/rand, math/rand or crypto/subtle. Everything here may be used by many goroutines at once.
package secret
