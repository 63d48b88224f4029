package main

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
)

// side is one of the two servers, in the middle of a suite.
type side struct {
	name   string
	folder string // everything that it writes
	base   string // its URL
	client *http.Client
	values values
	mails  mailbox
	server *server
	tool   func(ctx context.Context, args ...string) *exec.Cmd // its command line, with the settings of the server
	do     func(ctx context.Context, deed string, args []string) error
	serve  func(ctx context.Context, address string) (*exec.Cmd, error) // makes the command that serves at an address
}

// begin starts the server at an address that is free.
func (s *side) begin(ctx context.Context) error {
	port, err := sparePort(ctx)
	if err != nil {
		return err
	}
	s.base, s.client = "http://127.0.0.1:"+port, newClient()
	if s.values == nil {
		s.values = values{}
	}
	s.mails.folder = filepath.Join(s.folder, "mail")
	command, err := s.serve(ctx, "127.0.0.1:"+port)
	if err != nil {
		return err
	}
	s.server, err = startServer(ctx, command, filepath.Join(s.folder, "log"), s.base)
	return err
}

// act does a deed of an operator, such as "disable alice".
func (s *side) act(ctx context.Context, text string) error {
	filled, err := s.values.fill(text)
	if err != nil {
		return err
	}
	words := strings.Fields(filled)
	if err := s.do(ctx, words[0], words[1:]); err != nil {
		return fmt.Errorf("%s: %s: %w", s.name, text, err)
	}
	return nil
}
