package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// lab has both servers, and the folder in which they live.
type lab struct {
	folder    string
	django    *django
	cartouche cartouche
}

func newLab(o options) (*lab, error) {
	python, err := filepath.Abs(o.python) // not its target: a virtual environment is a link beside its packages
	if err != nil {
		return nil, err
	}
	project, err2 := filepath.Abs(filepath.Join(o.folder, "django"))
	binary, err3 := filepath.Abs(o.binary)
	folder, err4 := os.MkdirTemp("", "conformance")
	if err := errors.Join(err2, err3, err4); err != nil {
		return nil, err
	}
	return &lab{folder: folder, django: &django{python: python, project: project, empty: filepath.Join(folder, "empty")}, cartouche: cartouche{binary: binary}}, nil
}

func (l *lab) close() error { return os.RemoveAll(l.folder) } //nolint:gosec // our own temporary folder

// play starts both servers for a suite, and asks what it says.
func (l *lab) play(ctx context.Context, s suite, r *report) error {
	ours, err := l.cartouche.start(ctx, filepath.Join(l.folder, s.name, "cartouche"), s.Settings)
	if err != nil {
		return err
	}
	django, err := l.django.start(ctx, filepath.Join(l.folder, s.name, "django"), s.Django, ours.base)
	if err != nil {
		return errors.Join(err, ours.server.stop())
	}
	sides := []*side{django, ours}
	for _, request := range s.Requests {
		if err = l.step(ctx, s, request, sides, r); err != nil {
			break
		}
	}
	if err == nil {
		err = l.lastMails(ctx, s, sides, r)
	}
	return errors.Join(err, django.server.stop(), ours.server.stop())
}

func (l *lab) step(ctx context.Context, s suite, request request, sides []*side, r *report) error {
	if request.Do == "move" {
		return l.move(ctx, sides[0], sides[1])
	}
	if request.Do != "" {
		return errors.Join(sides[0].act(ctx, request.Do), sides[1].act(ctx, request.Do))
	}
	if request.Forge != nil {
		return errors.Join(sides[0].forge(request.Forge), sides[1].forge(request.Forge))
	}
	name := s.name + ": " + request.Name
	if request.Only != "" {
		return askOne(ctx, name, request, sides, r)
	}
	var answers [2]answer
	for i, side := range sides {
		var err error
		if answers[i], err = side.ask(ctx, request); err != nil {
			return fmt.Errorf("%s: %s: %w", name, side.name, err)
		}
	}
	if answers[0].status != request.Want {
		r.fail(name, fmt.Sprintf("django answers %d, the request says %d: %s", answers[0].status, request.Want, shorten(answers[0].body)))
	}
	found := compare(answers[0], answers[1])
	if request.Mail != "" {
		found = append(found, compareMails(ctx, request, sides)...)
	}
	_, body := request.body()
	r.exchange(name, strings.TrimSpace(request.Send+"\n"+body), found)
	return nil
}

// askOne asks one server, whose answer only has to have the wanted status, and shares what it leaves.
func askOne(ctx context.Context, name string, request request, sides []*side, r *report) error {
	one, other := sides[0], sides[1]
	if request.Only == other.name {
		one, other = other, one
	}
	a, err := one.ask(ctx, request)
	if err != nil {
		return fmt.Errorf("%s: %s: %w", name, one.name, err)
	}
	for saved := range request.Save {
		other.values[saved] = one.values[saved]
	}
	if request.Mail != "" {
		l, err := one.mails.wait(ctx, request.Mail)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, s := range sides {
			s.values["uid"], s.values["token"] = l.uid, l.token
		}
	}
	if a.status != request.Want {
		r.fail(name, fmt.Sprintf("%s answers %d, the request says %d: %s", one.name, a.status, request.Want, shorten(a.body)))
		return nil
	}
	r.exchange(name, request.Send, nil)
	return nil
}

// move ends Cartouche, imports the users of the running Django, and starts it again.
func (l *lab) move(ctx context.Context, django, ours *side) error {
	if err := ours.server.stop(); err != nil {
		return err
	}
	from := "sqlite:" + filepath.Join(django.folder, "db.sqlite3")
	if err := runTool(ours.tool(ctx, "import", "django", "--from", from)); err != nil {
		return err
	}
	return ours.begin(ctx)
}

// compareMails waits for the mail that a request causes, and keeps what its link has; the one before is used_uid and used_token from then on.
func compareMails(ctx context.Context, request request, sides []*side) []difference {
	var texts [2]string
	for i, side := range sides {
		l, err := side.mails.wait(ctx, request.Mail)
		if err != nil {
			texts[i] = err.Error()
			continue
		}
		texts[i] = l.text()
		if l.key != "" {
			side.values["key"] = l.key
		}
		if l.token != "" {
			side.values["used_uid"], side.values["used_token"] = side.values["uid"], side.values["token"]
			side.values["uid"], side.values["token"] = l.uid, l.token
		}
	}
	if texts[0] == texts[1] {
		return nil
	}
	return []difference{{"mail", texts[0], texts[1]}}
}

// lastMails compares what both servers sent without being waited for; nothing, mostly.
func (l *lab) lastMails(ctx context.Context, s suite, sides []*side, r *report) error {
	settled := l.settle(ctx, sides[1])
	django, err := sides[0].mails.rest()
	ours, err2 := sides[1].mails.rest()
	if err := errors.Join(settled, err, err2); err != nil {
		return err
	}
	var found []difference
	if django != ours {
		found = []difference{{"mail", django, ours}}
	}
	r.exchange(s.name+": no other mail", "", found)
	return nil
}

// settle waits until Cartouche, which sends its mails in the background, has no more to send.
func (l *lab) settle(ctx context.Context, ours *side) error {
	const script = `import sqlite3, sys, time
c = sqlite3.connect(sys.argv[1], timeout=20)
for _ in range(400):
    if not c.execute("SELECT count(*) FROM mails").fetchone()[0]:
        sys.exit()
    time.sleep(0.05)
sys.exit("mails are still waiting")`
	file := filepath.Join(ours.folder, "cartouche.db")
	return runTool(exec.CommandContext(ctx, l.django.python, "-c", script, file)) //nolint:gosec // the Python that the flags name
}
