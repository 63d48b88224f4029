package token

import (
	"strings"

	"github.com/maypok86/otter/v2"
)

// cache remembers genuine tokens by their full text: nothing shorter, such as the signature or the claims, stands for all that was checked.
// A nil cache remembers nothing.
type cache struct{ tokens *otter.Cache[string, genuine] }

func newCache(size int) *cache {
	if size < 0 {
		return nil
	}
	if size == 0 {
		size = defaultSeen
	}
	return &cache{otter.Must(&otter.Options[string, genuine]{
		MaximumSize: size,
		Executor:    func(work func()) { work() }, // no goroutines of its own
	})}
}

func (c *cache) get(text string) (genuine, bool) {
	if c == nil {
		return genuine{}, false
	}
	return c.tokens.GetIfPresent(text)
}

func (c *cache) add(text string, g genuine) {
	if c != nil {
		c.tokens.Set(strings.Clone(text), g) // or the request that the text is a part of would stay in memory
	}
}
