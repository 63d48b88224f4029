package rotation

// Finding is what an exploration came to.
type Finding struct {
	// Trace is a shortest way to the goal; nil: there is none within the bounds.
	Trace []Action
	// Worlds is how many different moments were looked at.
	Worlds int
}

// Explore tries everything that can happen to a session under a protocol within the bounds, and stops at the first moment at which the goal holds.
func Explore(p Protocol, b Bounds, goal Goal) Finding {
	type step struct {
		from   int // the step before
		action Action
	}
	first := start(b)
	worlds, steps := []World{first}, []step{{from: -1}}
	seen := map[World]struct{}{first: {}}
	for i := 0; i < len(worlds); i++ {
		if goal(p, worlds[i]) {
			var trace []Action
			for at := i; at > 0; at = steps[at].from {
				trace = append([]Action{steps[at].action}, trace...)
			}
			return Finding{Trace: trace, Worlds: len(worlds)}
		}
		for _, m := range moves(p, b, worlds[i]) {
			if _, known := seen[m.next]; known {
				continue
			}
			seen[m.next] = struct{}{}
			worlds, steps = append(worlds, m.next), append(steps, step{i, m.action})
		}
	}
	return Finding{Worlds: len(worlds)}
}

// Rounds is how often owner and thief are served in turn before the session ends: 3 means three or more. Blind says whether the thief sees when the
// owner refreshes.
func Rounds(p Protocol, blind bool) int8 {
	var best int8
	for r := int8(1); r <= 3; r++ {
		b := Bounds{Tabs: 1, Sends: r + 2, Windows: r + 2, Theft: r + 1, Blind: blind}
		if blind {
			b.Windows = 2*r + 2
		}
		if Explore(p, b, Coexist(r)).Trace == nil {
			return best
		}
		best = r
	}
	return best
}
