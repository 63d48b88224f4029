package doctor

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// maxSkew is well below the life of an access token.
const maxSkew = time.Minute

// renewal is how long before its end a certificate that is renewed by itself has been.
const renewal = 14 * 24 * time.Hour

// minHSTS is half a year, in seconds.
const minHSTS = 15768000

func bodyLimited(v *visit) (string, bool) {
	return fmt.Sprintf("%d KiB is answered %s", largeBody>>10, status(v.large)), v.large.err != nil || v.large.status == http.StatusRequestEntityTooLarge
}

func headerLimited(v *visit) (string, bool) {
	return status(v.long), v.long.err != nil || (v.long.status >= 400 && v.csrf.status == http.StatusOK)
}

func wrongClock(v *visit) (string, bool) {
	there, err := http.ParseTime(v.live.header.Get("Date"))
	if err != nil {
		return "", false
	}
	skew := v.config.Now().Sub(there).Abs()
	return skew.Round(time.Second).String(), skew > maxSkew
}

func certificateExpires(v *visit) (string, bool) {
	if v.csrf.tls == nil {
		return "", false
	}
	ends := leaf(v.csrf.tls).NotAfter
	return "on " + ends.UTC().Format(time.DateOnly), ends.Sub(v.config.Now()) < renewal
}

func leaf(s *tls.ConnectionState) *x509.Certificate { return s.PeerCertificates[0] }

// proxyOf is how a proxy gives itself away: Cartouche says none of these.
func proxyOf(v *visit) string {
	for _, name := range []string{"Via", "Server", "X-Served-By", "Cf-Ray", "X-Amz-Cf-Id"} {
		if value := v.csrf.header.Get(name); value != "" {
			return name + ": " + value
		}
	}
	return ""
}

func forwardedNotTrusted(v *visit) (string, bool) {
	proxy := proxyOf(v)
	return proxy, v.config.Server != nil && proxy != "" && len(v.config.Server.TrustedProxies) == 0
}

func forwardedSpoofable(v *visit) (string, bool) {
	if v.config.Server == nil || proxyOf(v) != "" || v.auth.Scheme == "https" { // somebody ends TLS
		return "", false
	}
	for _, text := range v.config.Server.TrustedProxies {
		network, err := netip.ParsePrefix(text)
		if addr, addrErr := netip.ParseAddr(text); addrErr == nil {
			network, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err == nil && network.Contains(v.from) {
			return text, true
		}
	}
	return "", false
}

func noHSTS(v *visit) (string, bool) {
	if v.auth.Scheme != "https" {
		return "", false
	}
	value := v.csrf.header.Get("Strict-Transport-Security")
	if value == "" {
		return "is missing", true
	}
	_, age, _ := strings.Cut(strings.ToLower(value), "max-age=")
	age, _, _ = strings.Cut(age, ";")
	seconds, err := strconv.Atoi(strings.Trim(age, ` "`))
	return "is " + quoted(value), err != nil || seconds < minHSTS
}

func noHTTP2(v *visit) (string, bool) {
	return "", v.auth.Scheme == "https" && v.csrf.proto < 2
}
