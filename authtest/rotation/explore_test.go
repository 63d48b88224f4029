package rotation_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/authtest/rotation"
)

// The worlds in which the rules are explored.
var (
	oneTabLosses  = rotation.Bounds{Tabs: 1, Sends: 5, Windows: 3, Losses: 3}
	twoTabs       = rotation.Bounds{Tabs: 2, Sends: 5, Windows: 3}
	twoTabsLosses = rotation.Bounds{Tabs: 2, Sends: 5, Windows: 3, Losses: 2}
	jarCrashes    = rotation.Bounds{Tabs: 1, Sends: 5, Windows: 3, Losses: 1, Crashes: 2}
	stuckMessage  = rotation.Bounds{Tabs: 2, Sends: 5, Windows: 3, Stuck: 3}
	stuckRequest  = rotation.Bounds{Tabs: 2, Sends: 5, Windows: 3, Stuck: 3, Aborts: true}
	seeingThief   = rotation.Bounds{Tabs: 1, Sends: 4, Windows: 4, Theft: 3}
)

var (
	noMinimumAge = rotation.Rule{}
	noTolerance  = rotation.Rule{MinAge: 1}
)

// result is a row of the table in docs/explanation/refresh.md: how many steps the shortest way to an honest sign-out has (0: there is none within the
// bounds), how long owner and thief live side by side, and whether a thief may be left when the owner is thrown out.
type result struct {
	OneTabLosses, TwoTabs, TwoTabsLosses, JarCrashes, StuckMessage, StuckRequest int
	RoundsBlind, RoundsSeeing                                                    int8
	ThiefLeft                                                                    bool
}

// published is that table.
var published = []struct {
	name string
	rule rotation.Protocol
	want result
}{
	{"strict", rotation.Strict{}, result{OneTabLosses: 5, TwoTabs: 4, TwoTabsLosses: 4, JarCrashes: 5, StuckMessage: 4, StuckRequest: 4, ThiefLeft: true}},
	{"strict and kill", rotation.StrictKill{}, result{OneTabLosses: 5, TwoTabs: 4, TwoTabsLosses: 4, JarCrashes: 5, StuckMessage: 4, StuckRequest: 4}},
	{"counter, one behind", rotation.Counter{}, result{TwoTabs: 15, TwoTabsLosses: 15, JarCrashes: 10, StuckMessage: 8, StuckRequest: 8, RoundsBlind: 3, RoundsSeeing: 3}},
	{"without a minimum age", noMinimumAge, result{
		TwoTabs: 7, TwoTabsLosses: 7, JarCrashes: 9, StuckMessage: 7, StuckRequest: 7, RoundsBlind: 1, RoundsSeeing: 1,
	}},
	{"without tolerance for the superseded", noTolerance, result{StuckMessage: 8, StuckRequest: 8, RoundsBlind: 1, RoundsSeeing: 1}},
	{"built", rotation.Built(), result{StuckMessage: 12, StuckRequest: 12, RoundsBlind: 1, RoundsSeeing: 1}},
}

func TestPublishedResults(t *testing.T) {
	t.Parallel()
	for _, test := range published {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			steps := func(b rotation.Bounds) int { return len(rotation.Explore(test.rule, b, rotation.SignedOut).Trace) }
			got := result{
				steps(oneTabLosses), steps(twoTabs), steps(twoTabsLosses), steps(jarCrashes), steps(stuckMessage), steps(stuckRequest),
				rotation.Rounds(test.rule, true), rotation.Rounds(test.rule, false),
				rotation.Explore(test.rule, seeingThief, rotation.ThiefLeft).Trace != nil,
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("results of the rule (-want +got):\n%s", diff)
			}
		})
	}
}

// TestHonestPeopleStaySignedIn lets everything happen at once, short of messages that are on their way longer than the minimum age: two tabs, losses,
// reordering and crashes. Not only is nobody signed out: whatever the jar holds is served at once.
func TestHonestPeopleStaySignedIn(t *testing.T) {
	t.Parallel()
	everything := rotation.Bounds{Tabs: 2, Sends: 5, Windows: 4, Losses: 2, Crashes: 2}
	found := rotation.Explore(rotation.Built(), everything, rotation.JarRefused)
	if found.Trace != nil {
		t.Errorf("Explore: the jar's token is refused after %v", found.Trace)
	}
	if found.Worlds < 50_000 {
		t.Errorf("Explore: looked at %d worlds only", found.Worlds)
	}
}

// TestTabsStraddleTheMinimumAge looks closer: the minimum age is five steps, and a message may outlive one of them, so it can be sent before a token is old
// enough and arrive after. The built rule still serves whatever the jar holds. A rule that answers young tokens with siblings does not, although
// no message takes half of the minimum age.
func TestTabsStraddleTheMinimumAge(t *testing.T) {
	t.Parallel()
	b := rotation.Bounds{Tabs: 2, Sends: 5, Windows: 11, Stuck: 1}
	built := rotation.Rule{MinAge: 5, Superseded: 50}
	if found := rotation.Explore(built, b, rotation.JarRefused); found.Trace != nil {
		t.Errorf("Explore: the jar's token is refused after %v", found.Trace)
	}
	b.Sends, b.Losses = 4, 2
	if found := rotation.Explore(built, b, rotation.JarRefused); found.Trace != nil {
		t.Errorf("Explore: with losses, the jar's token is refused after %v", found.Trace)
	}
	siblings := built
	siblings.Siblings = true
	if found := rotation.Explore(siblings, b, rotation.JarRefused); len(found.Trace) != 13 {
		t.Errorf("Explore: with siblings for young tokens, the jar's token is refused after %v, want 13 steps", found.Trace)
	}
}

// TestThiefIsNotLeftBehind adds a second tab and losses to the theft: an owner who is thrown out never leaves a thief with a token that works.
func TestThiefIsNotLeftBehind(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]rotation.Bounds{
		"the thief sees every refresh": {Tabs: 2, Sends: 4, Windows: 4, Losses: 1, Theft: 3},
		"the thief is blind":           {Tabs: 2, Sends: 4, Windows: 6, Losses: 1, Theft: 3, Blind: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if found := rotation.Explore(rotation.Built(), b, rotation.ThiefLeft); found.Trace != nil {
				t.Errorf("Explore: the thief is left after %v", found.Trace)
			}
		})
	}
}

// TestStuckRequest measures what is left. A client gives up on an answer long before the minimum age is over; what it cannot take back is the request, which
// may reach the server at any later time. Such a straggler can cost an honest person the session:
//
//   - with front ends that refresh when their access token is over (every 9 steps of 30 s), only if it was on its way for 9 minutes, longer than T;
//   - with pages that refresh whenever they are loaded, already after the minimum age.
func TestStuckRequest(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		bounds rotation.Bounds
		found  bool
	}{
		"a refresh for each access token, 8.5 minutes": {rotation.Bounds{Tabs: 2, Sends: 4, Windows: 20, Stuck: 17, Pace: 9, Aborts: true}, false},
		"a refresh for each access token, 9 minutes":   {rotation.Bounds{Tabs: 2, Sends: 4, Windows: 20, Stuck: 18, Pace: 9, Aborts: true}, true},
		"a refresh a minute, half a minute":            {rotation.Bounds{Tabs: 2, Sends: 5, Windows: 10, Stuck: 1, Pace: 1, Aborts: true}, false},
		"a refresh a minute, a minute":                 {rotation.Bounds{Tabs: 2, Sends: 5, Windows: 10, Stuck: 2, Pace: 1, Aborts: true}, true},
		"a refresh with each page, at once":            {rotation.Bounds{Tabs: 2, Sends: 5, Windows: 4, Aborts: true}, false},
		"a refresh with each page, half a minute":      {rotation.Bounds{Tabs: 2, Sends: 5, Windows: 12, Stuck: 1, Aborts: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := rotation.Explore(rotation.Built(), test.bounds, rotation.SignedOut)
			if got := found.Trace != nil; got != test.found {
				t.Errorf("Explore: found %v in %d worlds (%v), want %v", got, found.Worlds, found.Trace, test.found)
			}
		})
	}
}

// TestShortestTraces shows what the explorer's answers look like, by the shortest failures of two rules in wide use.
func TestShortestTraces(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rule   rotation.Protocol
		bounds rotation.Bounds
		want   []string
	}{
		"strict and kill, an answer is lost": {rotation.StrictKill{}, oneTabLosses, []string{
			"tab 1 sends 0", "server, tab 1: 0 buys 1", "tab 1: answer with 1 lost", "tab 1 sends 0", "server, tab 1: 0 is compromised",
		}},
		"without a minimum age, a second tab": {noMinimumAge, twoTabs, []string{
			"tab 1 sends 0", "server, tab 1: 0 buys 1", "tab 2 sends 0", "tab 1: jar holds 1", "tab 1 sends 1", "server, tab 1: 1 buys 2",
			"server, tab 2: 0 is compromised",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, a := range rotation.Explore(test.rule, test.bounds, rotation.SignedOut).Trace {
				got = append(got, a.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("shortest trace (-want +got):\n%s", diff)
			}
		})
	}
}
