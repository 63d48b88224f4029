package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// lab has both servers, and the folder in which they live.
type lab struct {
	folder    string
	django    *django
	cartouche cartouche
}

func newLab(ctx context.Context, o options) (*lab, error) {
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
	l := &lab{folder: folder, django: &django{python: python, project: project}, cartouche: cartouche{binary: binary}}
	if err := l.django.prepare(ctx, filepath.Join(folder, "empty")); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (l *lab) close() error { return os.RemoveAll(l.folder) }

// play starts both servers for a suite, and asks what it says.
func (l *lab) play(ctx context.Context, s suite, r *report) error {
	django, err := l.django.start(ctx, filepath.Join(l.folder, s.name, "django"), s.Django)
	if err != nil {
		return err
	}
	ours, err := l.cartouche.start(ctx, filepath.Join(l.folder, s.name, "cartouche"), s.Settings)
	if err != nil {
		return errors.Join(err, django.server.stop())
	}
	sides := []*side{django, ours}
	for _, request := range s.Requests {
		if err = l.step(ctx, s, request, sides, r); err != nil {
			break
		}
	}
	err = errors.Join(err, django.server.stop(), ours.server.stop())
	if err == nil {
		err = lastMails(s, sides, r)
	}
	return err
}

func (l *lab) step(ctx context.Context, s suite, request request, sides []*side, r *report) error {
	if request.Do != "" {
		return errors.Join(sides[0].act(ctx, request.Do), sides[1].act(ctx, request.Do))
	}
	name := s.name + ": " + request.Name
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

// compareMails waits for the mail that a request causes.
func compareMails(ctx context.Context, request request, sides []*side) []difference {
	var texts [2]string
	for i, side := range sides {
		l, err := side.mails.wait(ctx)
		if err != nil {
			texts[i] = err.Error()
		} else {
			texts[i] = l.text()
		}
		side.values["uid"], side.values["token"] = l.uid, l.token
		if err == nil && l.to != request.Mail {
			texts[i] += ", expected to " + request.Mail
		}
	}
	if texts[0] == texts[1] {
		return nil
	}
	return []difference{{"mail", texts[0], texts[1]}}
}

// lastMails compares what both servers sent without being waited for; nothing, mostly.
func lastMails(s suite, sides []*side, r *report) error {
	django, err := sides[0].mails.rest()
	ours, err2 := sides[1].mails.rest()
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	d, c := strings.Join(django, "; "), strings.Join(ours, "; ")
	var found []difference
	if d != c {
		found = []difference{{"mail", d, c}}
	}
	r.exchange(s.name+": no other mail", "", found)
	return nil
}
