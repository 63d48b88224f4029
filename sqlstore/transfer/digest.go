package transfer

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// digest is a hash over rows. Every value stands with its kind and its length, so that no two lists of rows run together.
type digest struct {
	hash hash.Hash
	rows int
}

func newDigest() *digest { return &digest{hash: sha256.New()} }

func (d *digest) add(rows [][]any) {
	for _, row := range rows {
		d.rows++
		for _, value := range row {
			switch v := value.(type) {
			case nil:
				d.hash.Write([]byte{0})
			case int64:
				d.hash.Write(binary.BigEndian.AppendUint64([]byte{1}, uint64(v)))
			case string:
				d.hash.Write(binary.BigEndian.AppendUint64([]byte{2}, uint64(len(v))))
				d.hash.Write([]byte(v))
			case []byte:
				d.hash.Write(binary.BigEndian.AppendUint64([]byte{3}, uint64(len(v))))
				d.hash.Write(v)
			}
		}
	}
}

func (d *digest) text() string { return hex.EncodeToString(d.hash.Sum(nil)) }
