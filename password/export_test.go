package password

import "context"

// Occupy holds slots of a Hasher's gate, as a hash that does not end.
func Occupy(ctx context.Context, h *Hasher, slots int) (leave func(), err error) {
	return h.gate.enter(ctx, slots)
}

// Read is a hash as it was read: what checking it would take. Memory is in KiB; iterations are passes, rounds or 2^cost.
type Read struct {
	Readable                    bool
	Memory, Iterations, Threads int
}

// ReadForTest reads without working.
func ReadForTest(encoded string) Read {
	s := read(encoded)
	if s.work == nil {
		return Read{}
	}
	r := Read{Readable: true, Memory: int(s.work.memory()), Threads: 1}
	switch w := s.work.(type) {
	case argon2Hash:
		r.Iterations, r.Threads = int(w.cost.Passes), int(w.cost.Lanes)
	case pbkdf2Hash:
		r.Iterations = w.iterations
	case scryptHash:
		r.Iterations = w.p
	case bcryptHash:
		r.Iterations = 1 << ((w.encoded[4]-'0')*10 + w.encoded[5] - '0')
	}
	return r
}
