package password_test

import (
	"context"
	"errors"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/secret"
)

func TestOwnForm(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1,norm=trim-nfc\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`)
	for profile, want := range map[string][2]string{"": {"19456", "2"}, "small": {"19456", "2"}, "standard": {"65536", "3"}} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			h := newHasher(t, password.Config{Profile: profile})
			encoded := mustHash(t, h, "correct horse")
			match := form.FindStringSubmatch(encoded)
			if match == nil || match[1] != want[0] || match[2] != want[1] {
				t.Fatalf("Hash: got %q, want m=%s,t=%s", encoded, want[0], want[1])
			}
			if len(encoded) > 128 {
				t.Errorf("Hash: got %d characters, more than the column of Django's user table holds", len(encoded))
			}
			if ok, upgraded := check(t, h, encoded, "correct horse"); !ok || upgraded != "" {
				t.Errorf("Check: got %v, %q", ok, upgraded)
			}
			if ok, _ := check(t, h, encoded, "correct house"); ok {
				t.Error("Check of another password: got true")
			}
		})
	}
}

func TestOwnVector(t *testing.T) {
	t.Parallel()
	cost := password.Cost{Memory: 64, Passes: 3, Lanes: 4}
	h := newHasher(t, password.Config{InsecureCost: &cost})
	encoded := mustHash(t, h, "correct horse")
	if ok, _ := check(t, cheapHasher(t), encoded, "correct horse"); !ok {
		t.Error("a hash of other parameters: got false")
	}
	if encoded == mustHash(t, h, "correct horse") {
		t.Error("hashing twice gave the same hash: the salt is not fresh")
	}
}

// TestUpgrades holds when a hash gives way: when it is weaker than what Hash makes now, never when it is stronger.
func TestUpgrades(t *testing.T) {
	t.Parallel()
	cost := password.Cost{Memory: 128, Passes: 4, Lanes: 1}
	h := newHasher(t, password.Config{InsecureCost: &cost})
	with := func(memory, passes uint32, lanes uint8) password.Cost {
		return password.Cost{Memory: memory, Passes: passes, Lanes: lanes}
	}
	const own = ",norm=trim-nfc"
	for name, c := range map[string]struct {
		encoded string
		want    bool
	}{
		"the same":                       {phc(cost, own, "correct horse", 16, 32), false},
		"less memory":                    {phc(with(120, 4, 1), own, "correct horse", 16, 32), true},
		"less memory, as many more":      {phc(with(64, 8, 1), own, "correct horse", 16, 32), false},
		"fewer passes":                   {phc(with(128, 3, 1), own, "correct horse", 16, 32), true},
		"more memory":                    {phc(with(256, 4, 1), own, "correct horse", 16, 32), false},
		"more passes":                    {phc(with(128, 5, 1), own, "correct horse", 16, 32), false},
		"more lanes":                     {phc(with(128, 4, 4), own, "correct horse", 16, 32), false},
		"a short salt":                   {phc(cost, own, "correct horse", 15, 32), true},
		"a long salt":                    {phc(cost, own, "correct horse", 64, 64), false},
		"a short tag":                    {phc(cost, own, "correct horse", 16, 16), true},
		"from elsewhere, as it was sent": {phc(cost, "", "  correct horse ", 16, 32), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ok, upgraded := check(t, h, c.encoded, "  correct horse ")
			if !ok || (upgraded != "") != c.want {
				t.Fatalf("Check: got %v, %q, want an upgrade: %v", ok, upgraded, c.want)
			}
			if _, upgraded := check(t, h, c.encoded, "wrong"); upgraded != "" {
				t.Errorf("Check of a wrong password: got the upgrade %q", upgraded)
			}
			if !c.want {
				return
			}
			if ok, again := check(t, h, upgraded, "correct horse"); !ok || again != "" {
				t.Errorf("Check of the upgrade: got %v, %q", ok, again)
			}
		})
	}
	if ok, _ := check(t, h, phc(cost, "", "correct horse", 16, 32), "correct horse "); ok {
		t.Error("a hash from elsewhere matched a text that it was not made of")
	}
}

// TestUserEnumerationByTiming counts the memory that checks allocate: argon2 allocates what it computes over, so this is the work, and it does not
// vary with the machine. It must run alone, so it is not parallel.
func TestUserEnumerationByTiming(t *testing.T) {
	const unit = 4 << 20
	cost := password.Cost{Memory: unit >> 10, Passes: 1, Lanes: 1}
	half := password.Cost{Memory: unit >> 11, Passes: 1, Lanes: 1}
	twice := password.Cost{Memory: unit >> 9, Passes: 1, Lanes: 1}
	h := newHasher(t, password.Config{InsecureCost: &cost})
	const own = ",norm=trim-nfc"
	for name, c := range map[string]struct {
		encoded, plain string
		want           float64 // hashes of the current cost
	}{
		"a right password":              {phc(cost, own, "right", 16, 32), "right", 1},
		"a wrong password":              {phc(cost, own, "right", 16, 32), "wrong", 1},
		"nobody":                        {"", "wrong", 1},
		"nobody, no password":           {"", "", 1},
		"an unusable hash":              {password.Unusable(), "wrong", 1},
		"an unreadable hash":            {"$argon2id$v=19$m=1$", "wrong", 1},
		"plain text":                    {"right", "right", 1},
		"a hash that costs too much":    {"$argon2id$v=19$m=1000000,t=1,p=1$YWJjZGVmZ2hpajAxMjM0NQ$5pRFp/082Jvs3bFen5b71A", "wrong", 1},
		"an unsupported hash":           {"argon2$argon2d$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q", "wrong", 1},
		"MD5, right":                    {"md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3", "l\u00e8tmein", 1},
		"MD5, wrong":                    {"md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3", "wrong", 1},
		"half of the memory, right":     {phc(half, own, "right", 16, 32), "right", 1.5},
		"half of the memory, wrong":     {phc(half, own, "right", 16, 32), "wrong", 1.5},
		"double the memory, right":      {phc(twice, own, "right", 16, 32), "right", 2},
		"double the memory, wrong":      {phc(twice, own, "right", 16, 32), "wrong", 2},
		"Django's argon2, small, wrong": {vectors[9].encoded, "wrong", 1.25},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		check(t, h, c.encoded, c.plain)
		runtime.ReadMemStats(&after)
		if got := float64(after.TotalAlloc-before.TotalAlloc) / unit; got < c.want || got > c.want+0.05 {
			t.Errorf("%s: got %.3f hashes, want %v", name, got, c.want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	cost := func(memory, passes uint32, lanes uint8) *password.Cost {
		return &password.Cost{Memory: memory, Passes: passes, Lanes: lanes}
	}
	for name, c := range map[string]struct {
		config password.Config
		want   string
	}{
		"an unknown profile":      {password.Config{Profile: "huge"}, `password profile: "huge" is neither`},
		"a profile and a cost":    {password.Config{Profile: "small", Cost: cost(19456, 2, 1)}, "not both"},
		"a profile and a cheaper": {password.Config{Profile: "small", InsecureCost: cost(8, 1, 1)}, "not both"},
		"two costs":               {password.Config{Cost: cost(19456, 2, 1), InsecureCost: cost(8, 1, 1)}, "not both"},
		"below 19 MiB, 2 passes":  {password.Config{Cost: cost(19455, 2, 1)}, "must not cost less"},
		"below 46 MiB, 1 pass":    {password.Config{Cost: cost(47103, 1, 1)}, "must not cost less"},
		"below 12 MiB, 3 passes":  {password.Config{Cost: cost(12287, 10, 1)}, "must not cost less"},
		"no pass":                 {password.Config{Cost: cost(65536, 0, 1)}, "at least one pass"},
		"no lane":                 {password.Config{Cost: cost(65536, 2, 0)}, "at least one pass"},
		"nothing":                 {password.Config{InsecureCost: cost(0, 0, 0)}, "at least one pass"},
		"too little for a lane":   {password.Config{InsecureCost: cost(15, 1, 2)}, "8 KiB of memory a lane"},
		"too much memory":         {password.Config{Cost: cost(262145, 1, 1)}, "limited to 262144 KiB"},
		"too many passes":         {password.Config{InsecureCost: cost(8, 11, 1)}, "limited to"},
		"too many lanes":          {password.Config{InsecureCost: cost(1024, 1, 17)}, "limited to"},
		"no slots":                {password.Config{Slots: -1}, "must not be negative"},
		"several mistakes":        {password.Config{Profile: "huge", Deadline: -1}, "neither small nor standard\npassword slots"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if h, err := password.New(c.config); h != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("New: got %v, want %q", err, c.want)
			}
		})
	}
	for _, floor := range []*password.Cost{cost(47104, 1, 1), cost(19456, 2, 1), cost(12288, 3, 1), cost(262144, 10, 16)} {
		if _, err := password.New(password.Config{Cost: floor}); err != nil {
			t.Errorf("New with %+v: got %v", *floor, err)
		}
	}
}

// TestSlotsFitMemory sets the limit of the whole process for a moment, so it is not parallel.
func TestSlotsFitMemory(t *testing.T) {
	cores := runtime.GOMAXPROCS(0)
	for limit, want := range map[int64]int{
		1 << 20:   1,             // one there is always
		390 << 20: 1,             // a quarter holds 1.97 times 19 MiB and their share of garbage
		400 << 20: min(2, cores), // and here 2.02 times
		800 << 20: min(4, cores),
		1 << 40:   cores, // more slots than cores would only make everybody slower
	} {
		before := debug.SetMemoryLimit(limit)
		h := newHasher(t, password.Config{})
		debug.SetMemoryLimit(before)
		if got := h.Stats().Slots; got != want {
			t.Errorf("GOMEMLIMIT %d MiB: got %d slots, want %d", limit>>20, got, want)
		}
	}
	if got := newHasher(t, password.Config{Slots: 7}).Stats().Slots; got != 7 {
		t.Errorf("Slots: got %d, want the 7 that were asked for", got)
	}
}

func TestContextEndsBefore(t *testing.T) {
	t.Parallel()
	h := cheapHasher(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(ctx, secret.NewText("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("Hash: got %v, want context.Canceled", err)
	}
	if _, _, err := h.Check(ctx, "", secret.NewText("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("Check: got %v, want context.Canceled", err)
	}
	if got := h.Stats().Done; got != 0 {
		t.Errorf("Stats: got %d done, want none", got)
	}
}

func FuzzCheck(f *testing.F) {
	for _, v := range vectors {
		f.Add(v.encoded, v.plain)
	}
	h := cheapHasher(f)
	f.Add(mustHash(f, h, "correct horse"), "correct horse")
	f.Add(password.Unusable(), "")
	f.Add("$argon2id$v=19$m=4294967295,t=4294967295,p=255$YWJjZGVmZ2hpag$AAAA", "x")
	f.Fuzz(func(t *testing.T, encoded, plain string) {
		scheme, r := password.Scheme(encoded), password.ReadForTest(encoded)
		if r.Memory > 256<<10 || r.Iterations > 2_000_000 || r.Threads > 16 {
			t.Fatalf("%q: got %+v, above the caps", encoded, r)
		}
		if known := !strings.Contains(scheme, "-") && scheme != "unknown" && scheme != "unusable" && scheme != "none"; known != r.Readable {
			t.Fatalf("%q: got the scheme %q, but readable: %v", encoded, scheme, r.Readable)
		}
		if r.Memory > 2048 || r.Iterations > 1000 || r.Memory*r.Iterations > 4096 {
			return // right, but too slow to try thousands of
		}
		ok, upgraded, err := h.Check(t.Context(), encoded, secret.NewText(plain))
		if ok && (!r.Readable || err != nil) || !ok && upgraded != "" {
			t.Errorf("Check(%q, %q): got %v, %q, %v", encoded, plain, ok, upgraded, err)
		}
	})
}
