package rotation

import "slices"

// move is one thing that can happen, and the world after it.
type move struct {
	action Action
	next   World
}

// moves lists everything that can happen next.
func moves(p Protocol, b Bounds, w World) []move {
	if w.refused != 0 {
		return nil
	}
	var list []move
	for tab := range b.Tabs {
		list = w.tabMoves(p, b, tab, list)
	}
	if w.crashes < b.Crashes && w.jar != w.flushed {
		next := w
		next.jar = w.flushed
		next.crashes++
		list = append(list, move{Action{Kind: Crash, Token: w.flushed.ID}, next})
	}
	list = w.thiefMoves(p, b, list)
	if w.now < b.Windows && w.mayPass(b) {
		list = append(list, move{Action{Kind: NextWindow}, w.passed(b)})
	}
	return list
}

// tabMoves is what one tab and its message can do.
func (w World) tabMoves(p Protocol, b Bounds, tab int8, list []move) []move {
	m := w.wire[tab]
	act := Action{Tab: tab + 1, Token: m.token.ID}
	put := func(m message) World {
		next := w
		if m.kind != nothing {
			m.since = w.now
		}
		next.wire[tab] = m
		return next
	}
	lost := func(kind ActionKind) {
		if w.losses < b.Losses {
			next := put(message{})
			next.losses++
			act.Kind = kind
			list = append(list, move{act, next})
		}
	}
	switch m.kind {
	case nothing:
		if w.maySend(b) {
			next := put(message{kind: request, token: w.jar})
			next.sends++
			next.lastSend, next.last, next.lastAt = w.now, owner, w.now
			list = append(list, move{Action{Kind: Send, Tab: tab + 1, Token: w.jar.ID}, next})
		}
	case request, abandoned:
		if !w.hiddenFrom(b, owner) {
			list = append(list, w.arrive(p, put, act, m.token))
		}
		lost(LoseRequest)
	case answer:
		next := put(message{})
		act.Kind, act.Told = Deliver, m.told
		if m.told == Served {
			next.jar, next.flushed = m.token, w.jar
		}
		list = append(list, move{act, next})
		lost(LoseAnswer)
	}
	return list
}

// maySend says whether a tab may refresh now. With a thief about, the owner refreshes once a window: only separate windows count as rounds.
func (w World) maySend(b Bounds) bool {
	switch {
	case w.sends >= b.Sends, w.hiddenFrom(b, owner), b.Theft > 0 && w.lastSend == w.now:
		return false
	}
	return int16(w.now)-w.jar.Born >= int16(b.Pace)
}

// hiddenFrom says whether who must not act now, because the other one acted in this window and neither can see the other.
func (w World) hiddenFrom(b Bounds, who party) bool {
	return b.Theft > 0 && b.Blind && w.last != nobody && w.last != who && w.lastAt == w.now
}

// arrive is a request that reaches the server.
func (w World) arrive(p Protocol, put func(message) World, act Action, t Token) move {
	session, told, issued := p.Present(w.session, t, int16(w.now))
	act.Kind, act.Told, act.Next = Arrive, told, issued.ID
	next := put(message{})
	switch told {
	case Served, Kept:
		if w.wire[act.Tab-1].kind == request {
			next = put(message{kind: answer, token: issued, told: told})
		}
		if w.stolen {
			next.lastServed = owner
		}
	case Superseded: // this request only: the client looks into the jar again
	default:
		next.refused = told
	}
	next.session, next.last, next.lastAt = session, owner, w.now
	return move{act, next}
}

// thiefMoves is the theft, and what the thief does with what he has.
func (w World) thiefMoves(p Protocol, b Bounds, list []move) []move {
	if b.Theft > 0 && !w.stolen {
		next := w
		next.stolen, next.loot[0], next.lootCount = true, w.jar, 1
		next.rounds, next.roundAt, next.lastServed = 0, -1, nobody
		list = append(list, move{Action{Kind: Steal, Token: w.jar.ID}, next})
	}
	if !w.stolen || w.thefts >= b.Theft || w.hiddenFrom(b, thief) {
		return list
	}
	for _, t := range w.loot[:w.lootCount] {
		session, told, issued := p.Present(w.session, t, int16(w.now))
		next := w
		next.session, next.last, next.lastAt = session, thief, w.now
		next.thefts++
		switch told {
		case Served, Kept:
			next.keep(issued)
			if w.lastServed == owner && w.roundAt < w.now {
				next.rounds++
				next.roundAt = w.now
			}
			next.lastServed = thief
		case Superseded:
		default:
			next.drop(t)
		}
		list = append(list, move{Action{Kind: ThiefRefreshes, Token: t.ID, Next: issued.ID, Told: told}, next})
	}
	return list
}

// keep adds a token to the loot, once.
func (w *World) keep(t Token) {
	held := w.loot[:w.lootCount]
	at, found := slices.BinarySearchFunc(held, t, func(a, b Token) int { return int(a.ID) - int(b.ID) })
	if found {
		return
	}
	copy(w.loot[at+1:], held[at:])
	w.loot[at] = t
	w.lootCount++
}

// drop takes a token from the loot.
func (w *World) drop(t Token) {
	at := slices.Index(w.loot[:w.lootCount], t)
	copy(w.loot[at:], w.loot[at+1:])
	w.lootCount--
	w.loot[w.lootCount] = Token{}
}

// mayPass says whether the clock may go on with what is on the wire.
func (w World) mayPass(b Bounds) bool {
	for _, m := range w.wire {
		givenUp := b.Aborts && m.kind == answer
		if m.kind != nothing && !givenUp && w.now-m.since >= b.Stuck {
			return false
		}
	}
	return true
}

// passed is the world a window later: the browser has flushed its cookies.
func (w World) passed(b Bounds) World {
	w.now++
	w.flushed = w.jar
	for i, m := range w.wire {
		switch {
		case b.Aborts && m.kind == answer:
			w.wire[i] = message{}
		case b.Aborts && m.kind == request:
			w.wire[i].kind = abandoned
		}
	}
	return w
}
