package rotation_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/token"
)

// TestI11DumpSafe gives a thief every row and every public key. He takes each value for the key of the MAC and makes the token that he would like best: a live
// child of the session's parent. None is accepted, and no token that was handed out is in the dump.
func TestI11DumpSafe(t *testing.T) {
	eachDatabase(t, "", func(c *cluster, db database) {
		h := c.confirmed(c.refresh(c.nodes[0], c.signIn()))
		values := valuesOf(db.dump(c.t))
		values = append(values, publicValues(c)...)
		for _, held := range []string{h.refresh, h.access, h.csrf} {
			signature := held[strings.LastIndexByte(held, '.')+1:]
			for _, v := range values {
				if strings.Contains(v, signature) {
					c.t.Errorf("the dump has %q, which was handed out", v)
				}
			}
		}
		signed := h.refresh[:strings.LastIndexByte(h.refresh, '.')]
		for _, v := range values {
			for _, key := range readings(v) {
				mac := hmac.New(sha256.New, key)
				mac.Write([]byte(signed))
				forged := held{refresh: signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))}
				wantRefused(c.t, "a token under a value of the dump", c.nodes[0].refresh(byBody, forged), http.StatusUnauthorized, "token_not_valid")
			}
		}
		c.confirmed(h)
	})
}

func valuesOf(dump map[string][][]string) []string {
	var values []string
	for _, rows := range dump {
		for _, row := range rows {
			values = append(values, row...)
		}
	}
	return values
}

// publicValues is every value of the published keys.
func publicValues(c *cluster) []string {
	c.t.Helper()
	a := c.nodes[0].do(call{method: http.MethodGet, path: "/.well-known/jwks.json"})
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal([]byte(a.body), &set); err != nil || len(set.Keys) == 0 {
		c.t.Fatalf("jwks.json: got %v, %v; want keys", a, err)
	}
	values := []string{a.body}
	for _, key := range set.Keys {
		for _, v := range key {
			if text, ok := v.(string); ok {
				values = append(values, text)
			}
		}
	}
	return values
}

// readings is what a value may be as a key: its bytes, and what they are the text of.
func readings(v string) [][]byte {
	keys := [][]byte{[]byte(v)}
	if b, err := hex.DecodeString(v); err == nil {
		keys = append(keys, b)
	}
	if b, err := base64.RawURLEncoding.DecodeString(v); err == nil {
		keys = append(keys, b)
	}
	return keys
}

// counted is a store that counts what a refresh can ask of it.
type counted struct {
	auth.Store
	calls atomic.Int64
}

func (s *counted) ConfirmSession(ctx context.Context, c auth.Confirmation) (auth.Session, bool, error) {
	s.calls.Add(1)
	return s.Store.ConfirmSession(ctx, c)
}

func (s *counted) Session(ctx context.Context, id auth.SessionID) (auth.Session, bool, error) {
	s.calls.Add(1)
	return s.Store.Session(ctx, id)
}

func (s *counted) SessionUser(ctx context.Context, id auth.SessionID) (auth.Session, auth.User, error) {
	s.calls.Add(1)
	return s.Store.SessionUser(ctx, id)
}

func (s *counted) UserBySession(ctx context.Context, id auth.SessionID, now time.Time) (auth.User, bool, error) {
	s.calls.Add(1)
	return s.Store.UserBySession(ctx, id, now)
}

func (s *counted) EndSession(ctx context.Context, end auth.SessionEnd, event auth.Event, mails ...auth.OutboxMail) (bool, error) {
	s.calls.Add(1)
	return s.Store.EndSession(ctx, end, event, mails...)
}

func (s *counted) User(ctx context.Context, id auth.UserID) (auth.User, error) {
	s.calls.Add(1)
	return s.Store.User(ctx, id)
}

func (s *counted) SigningKeys(ctx context.Context) ([]auth.SigningKey, error) {
	s.calls.Add(1)
	return s.Store.SigningKeys(ctx)
}

// TestI12UnforgeableLineage changes a token in every place, one at a time. Each is refused, and the store is asked nothing.
func TestI12UnforgeableLineage(t *testing.T) {
	eachStore(t, func(c *cluster) {
		store := &counted{Store: c.store}
		c.observe(func(auth.Store) auth.Store { return store })
		h := c.refresh(c.nodes[0], c.signIn())
		c.clock.Advance(minAge)
		before := store.calls.Load()
		for i := range h.refresh {
			for _, other := range []byte{'A', 'Q', h.refresh[i] ^ 1, '.', '='} {
				if other == h.refresh[i] {
					continue
				}
				forged := held{refresh: h.refresh[:i] + string(other) + h.refresh[i+1:]}
				wantRefused(c.t, "a token with another "+string(other), c.nodes[i%2].refresh(byBody, forged), http.StatusUnauthorized, "token_not_valid")
			}
		}
		if got := store.calls.Load(); got != before {
			c.t.Errorf("calls of the store: got %d, want none", got-before)
		}
		if c.refresh(c.nodes[0], h); store.calls.Load() == before {
			c.t.Error("calls of the store for a genuine token: got none")
		}
	})
}

// TestI14NoOracle presents tokens that are not genuine, for sessions that live, are over, and never were. All get the same bytes; the holder
// of a genuine token is told the reason.
func TestI14NoOracle(t *testing.T) {
	eachStore(t, func(c *cluster) {
		live, ended := c.refresh(c.nodes[0], c.signIn()), c.signIn()
		c.nodes[0].logout(ended)
		genuine := c.read(live.refresh)
		stranger := token.NewRefreshKeys([]secret.Child{{ID: keyID(c, live.refresh), Key: masterKey(99)}}, issuer)
		unknown := genuine
		unknown.SessionID = [16]byte{1}
		for name, by := range map[string]carrier{"body": byBody, "cookie": byCookie} {
			var first plainReply
			for i, text := range []string{
				"no token at all", broken(live.refresh), broken(ended.refresh), broken(live.access),
				stranger.Sign(genuine), stranger.Sign(c.read(ended.refresh)), stranger.Sign(unknown), live.refresh + "x", strings.Repeat("a.", 1000),
			} {
				got := plain(c.nodes[i%2].refresh(by, held{refresh: text, csrf: live.csrf}))
				if i == 0 {
					first = got
				}
				if diff := cmp.Diff(first, got); diff != "" {
					c.t.Errorf("%s: refusal of token %d differs from that of the first:\n%s", name, i, diff)
				}
			}
			if by == byBody {
				told := plain(c.nodes[0].refresh(by, ended))
				if told.Body == first.Body {
					c.t.Errorf("%s: the holder of a genuine token of an ended session is told %+v, like a stranger", name, told)
				}
			}
		}
	})
}

// broken is a token with another signature.
func broken(text string) string {
	i := strings.LastIndexByte(text, '.') + 1
	return text[:i] + strings.Repeat("A", len(text)-i)
}

// keyID is the id of the key in a token's header.
func keyID(c *cluster, text string) string {
	c.t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(text[:strings.IndexByte(text, '.')])
	var header struct{ Kid string }
	if err == nil {
		err = json.Unmarshal(raw, &header)
	}
	if err != nil || header.Kid == "" {
		c.t.Fatalf("header of %q: got %+v, %v", text, header, err)
	}
	return header.Kid
}

// plainReply is everything that an answer tells, but the name of its request.
type plainReply struct {
	Status int
	Header http.Header
	Body   string
}

func plain(a reply) plainReply {
	header := a.header.Clone()
	id := header.Get("X-Request-Id")
	header.Del("X-Request-Id")
	return plainReply{a.status, header, strings.ReplaceAll(a.body, id, "")}
}
