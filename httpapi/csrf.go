package httpapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"net/http"
	"slices"
	"strings"

	"github.com/cartouche-auth/cartouche/secret"
)

// csrfAlphabet is Django's, in Django's order: masking is arithmetic with places in it.
const csrfAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// A CSRF secret looks like Django's 32 random characters, and is 10 random ones and a MAC of 22 that binds them to a session.
// A token is the secret itself, or 64 characters: a random mask, and the secret shifted by it, so that compression leaks nothing (BREACH).
const (
	csrfSecretLength = 32
	csrfTokenLength  = 2 * csrfSecretLength
	csrfRandomLength = 10
)

// csrfHeader is X-CSRFToken as net/http spells it, and as Django's texts do; otherCSRFHeader is what front ends send that were not written for Django.
const (
	csrfHeader      = "X-Csrftoken"
	otherCSRFHeader = "X-Csrf-Token"
)

// csrfChecker holds the CSRF tokens of one dialect against sessions.
type csrfChecker struct {
	keys   [][]byte // the first makes, all check
	cookie string   // the name of the cookie that has the secret
}

func (e *endpoint) csrf() csrfChecker {
	return csrfChecker{keys: e.csrfKeys, cookie: e.cookies.csrf.Name}
}

// check asks for a token that equals the cookie's secret, where the secret was made by us for this session (rows T1 and T2 of the decision
// table). The equality alone is Django's rule, and falls to whoever can plant a cookie, with a secret of his own making or one
// that we made for his session (naive double submit, token fixation); so the MAC is asked too. formToken is what a form brought, if anything.
func (c csrfChecker) check(r *http.Request, binding, formToken string) error {
	cookie, found, err := readCookie(r, c.cookie)
	if err != nil {
		return err
	}
	if !found {
		return errCSRF("CSRF cookie not set.")
	}
	kept, fault := bareCSRF(cookie)
	if fault != "" {
		return errCSRF("CSRF cookie " + fault)
	}
	presented, from, ok := presentedCSRF(r, formToken)
	if !ok {
		return errCSRF("CSRF token missing.")
	}
	bare, fault := bareCSRF(presented)
	if fault != "" {
		return errCSRF("CSRF token from " + from + " " + fault)
	}
	if !secret.EqualText(bare, kept) || !c.bound(kept, binding) {
		return errCSRF("CSRF token from " + from + " incorrect.")
	}
	return nil
}

// presentedCSRF is the token that a request presents and, for refusals, where from. A form's field beats the header, and only a POST has
// one, as in Django. Several headers are one value with commas, which is no token.
func presentedCSRF(r *http.Request, formToken string) (text, from string, ok bool) {
	if formToken != "" && r.Method == http.MethodPost {
		return formToken, "POST", true
	}
	name := csrfHeader
	if len(r.Header[name]) == 0 && len(r.Header[otherCSRFHeader]) > 0 {
		name = otherCSRFHeader
	}
	values := r.Header[name]
	return strings.Join(values, ","), "the '" + name + "' HTTP header", len(values) > 0
}

// bound reports whether one of our keys made a secret for this binding.
func (c csrfChecker) bound(bare, binding string) bool {
	if len(bare) != csrfSecretLength {
		return false
	}
	random, mac := bare[:csrfRandomLength], bare[csrfRandomLength:]
	return slices.ContainsFunc(c.keys, func(key []byte) bool { return secret.EqualText(mac, csrfMAC(key, binding, random)) })
}

// newCSRFSecret makes a secret for a session, or for whatever else the binding names.
func newCSRFSecret(key []byte, binding string) string {
	random := secret.Alphanumeric(csrfRandomLength)
	return random + csrfMAC(key, binding, random)
}

// csrfMAC is 22 characters, about 131 bits, of HMAC-SHA-256. The random part stands last with a fixed length, so no two inputs run together.
func csrfMAC(key []byte, binding, random string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("v1\x00" + binding + "\x00" + random))
	sum := h.Sum(nil)
	var words [4]uint64
	for i := range words {
		words[i] = binary.BigEndian.Uint64(sum[8*i:])
	}
	var out [csrfSecretLength - csrfRandomLength]byte
	for i := range out { // the last digits of the number that the sum is, to the base of the alphabet
		var rest uint64
		for j := range words {
			words[j], rest = bits.Div64(rest, words[j], uint64(len(csrfAlphabet)))
		}
		out[i] = csrfAlphabet[rest]
	}
	return string(out[:])
}

// maskCSRF is the 64-character token of a secret, another one each time.
func maskCSRF(bare string) string {
	mask := secret.Alphanumeric(len(bare))
	return mask + shiftCSRF(bare, mask, 1)
}

// unmaskCSRF answers the secret of a token of either length; false when it is none.
func unmaskCSRF(text string) (string, bool) {
	bare, fault := bareCSRF(text)
	return bare, fault == ""
}

// bareCSRF answers the secret of a token of either length, or what Django says is wrong with it. Length comes before characters.
func bareCSRF(text string) (bare, fault string) {
	if len(text) != csrfSecretLength && len(text) != csrfTokenLength {
		return "", "has incorrect length."
	}
	if strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune(csrfAlphabet, r) }) {
		return "", "has invalid characters."
	}
	if len(text) == csrfSecretLength {
		return text, ""
	}
	return shiftCSRF(text[csrfSecretLength:], text[:csrfSecretLength], -1), ""
}

// shiftCSRF moves each character of text forward (1) or back (-1) in the alphabet, by the place of the mask's character.
func shiftCSRF(text, mask string, direction int) string {
	out := make([]byte, len(text))
	for i := range out {
		place := strings.IndexByte(csrfAlphabet, text[i]) + direction*strings.IndexByte(csrfAlphabet, mask[i])
		out[i] = csrfAlphabet[(place+len(csrfAlphabet))%len(csrfAlphabet)]
	}
	return string(out)
}
