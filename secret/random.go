package secret

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"io"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// Bytes are n bytes from the system's generator. It never fails: without randomness the process ends.
func Bytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // documented never to return an error
	return b
}

// Alphanumeric is a text of n characters of [A-Za-z0-9], each as likely as the others: 5.95 bits a character.
func Alphanumeric(n int) string { return alphanumeric(rand.Reader, n) }

// alphanumeric throws away the bytes that do not divide evenly among the characters: a remainder would prefer the first ones (modulo bias).
func alphanumeric(source io.Reader, n int) string {
	const fair = 256 - 256%len(alphabet)
	text, buffer := make([]byte, 0, n), make([]byte, n+n/8+8)
	for len(text) < n {
		if _, err := io.ReadFull(source, buffer); err != nil {
			panic("secret: no randomness: " + err.Error())
		}
		for _, b := range buffer {
			if int(b) < fair && len(text) < n {
				text = append(text, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(text)
}

// Fraction is a number in [0, 1), uniform over multiples of 2^-53.
func Fraction() float64 {
	return float64(binary.LittleEndian.Uint64(Bytes(8))>>11) / (1 << 53)
}

// Equal tells whether a and b are the same in a time that depends on their lengths only (the timing attack on a comparison that stops early).
func Equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// EqualText is Equal for strings.
func EqualText(a, b string) bool { return Equal([]byte(a), []byte(b)) }
