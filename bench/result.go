package main

// result is a row with its figures.
type result struct {
	Name    string  `json:"name"`
	What    string  `json:"what"`
	Figure  sample  `json:"figure"`
	Peer    *sample `json:"peer,omitempty"`
	PeerIs  string  `json:"peer_is,omitempty"`
	Ratio   float64 `json:"ratio,omitempty"`
	Verdict verdict `json:"verdict"`
	Failure string  `json:"failure,omitempty"`

	row row
}

// results make a result of every row.
func results(rows []row, f *figures) []result {
	var out []result
	for _, r := range rows {
		out = append(out, r.result(f))
	}
	return out
}

func (r row) result(f *figures) result {
	out := result{Name: r.name, What: r.what, PeerIs: r.peer, Verdict: missing, row: r}
	for _, key := range []string{r.key(), r.peer} {
		if err := f.failures[key]; err != nil {
			out.Failure = err.Error()
			return out
		}
	}
	figure, found := f.median(r.key())
	if !found {
		return out
	}
	out.Figure = figure
	held := figure.Value
	if peer, found := f.median(r.peer); found {
		out.Peer = &peer
		if peer.Value > 0 {
			out.Ratio = figure.Value / peer.Value
		}
	}
	if r.goal.ratio {
		if out.Peer == nil {
			return out
		}
		held = out.Ratio
	}
	out.Verdict = r.goal.judge(held)
	return out
}
