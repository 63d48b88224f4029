// Command certificate writes a key and a certificate for the hosts of the browser tests, and the hash by which Chromium is told to believe it.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"
)

func main() {
	if err := write(); err != nil {
		fmt.Fprintln(os.Stderr, err) //nolint:errcheck // the status tells it too
		os.Exit(1)
	}
}

func write() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), nil) // the standard library takes the system's randomness
	if err != nil {
		return err
	}
	now := time.Now() //nolint:forbidigo // a certificate is good for the machine's time
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "example.test"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, 2),
		DNSNames: []string{"localhost", "*.example.test", "example.test", "other.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	spki := sha256.Sum256(public)
	return json.NewEncoder(os.Stdout).Encode(map[string]string{
		"key":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
		"cert": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		"spki": base64.StdEncoding.EncodeToString(spki[:]),
	})
}
