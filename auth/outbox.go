package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
)

// OutboxMail is a mail that waits in the store. It is put there in the transaction of the change that causes it, so no change is without its mail
// and no mail without its change; and a slow or dead mail server delays nobody.
type OutboxMail struct {
	Seq      int64 // given by the store
	UserID   UserID
	Sealed   []byte // what the mail says, sealed under the master key, because it may hold a token
	QueuedAt time.Time
	Tries    int
	// Token, when not nil, is stored with the mail and replaces the older one of its user and purpose. The store fills in an empty UserID
	// when it makes the user in the same transaction.
	Token *OneTimeToken
}

// MailQueue is how long the outbox is.
type MailQueue struct {
	Waiting int       // a store may stop counting at 10 000
	Oldest  time.Time // when the oldest mail was queued; zero: none waits
}

// OutboxStore is what [Store] promises about mails.
type OutboxStore interface {
	// QueueMail stores a mail, with its token, that belongs to no other change, together with its event.
	QueueMail(ctx context.Context, mail OutboxMail, event Event) error
	// ClaimMails hands out at most limit mails that are due, the oldest first, and hides them from everybody else until the given time.
	ClaimMails(ctx context.Context, now, until time.Time, limit int) ([]OutboxMail, error)
	// MailDone deletes a mail, because it was delivered or given up.
	MailDone(ctx context.Context, seq int64) error
	// MailQueue tells how many mails are stored, claimed ones too, and since when the oldest is.
	MailQueue(ctx context.Context) (MailQueue, error)
	// RetryMail counts a failed try and lets the mail be claimed again at the given time.
	RetryMail(ctx context.Context, seq int64, at time.Time) error
}

// sealedMail is what a mail says, as it is sealed. The user is read when it is sent.
type sealedMail struct {
	Kind    MailKind  `json:"kind"`
	To      string    `json:"to"`
	Token   string    `json:"token,omitempty"`
	Address string    `json:"address,omitempty"`
	Agent   string    `json:"agent,omitempty"`
	Reason  EndReason `json:"reason,omitempty"`
}

const outboxSeal = "mail"

// mail words a mail for the outbox. Without a mailer nothing is queued.
func (s *Service) mail(kind MailKind, user User, client Client, now time.Time) ([]OutboxMail, error) {
	return s.mailWith(sealedMail{Kind: kind, To: user.Email, Address: client.Address, Agent: client.agent()}, user.ID, nil, now)
}

// mailToken words a mail that carries a new one-time token.
func (s *Service) mailToken(kind MailKind, purpose Purpose, user User, client Client, now time.Time) ([]OutboxMail, error) {
	token, text := s.newOneTimeToken(user.ID, purpose, now)
	m := sealedMail{Kind: kind, To: user.Email, Token: text.Reveal(), Address: client.Address, Agent: client.agent()}
	return s.mailWith(m, user.ID, &token, now)
}

func (s *Service) mailWith(m sealedMail, user UserID, token *OneTimeToken, now time.Time) ([]OutboxMail, error) {
	if s.mailer == nil {
		return nil, nil
	}
	plain, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("word mail: %w", err)
	}
	sealed, err := s.master.Seal(outboxSeal, plain, nil)
	if err != nil {
		return nil, fmt.Errorf("seal mail: %w", err)
	}
	return []OutboxMail{{UserID: user, Sealed: sealed, QueuedAt: now, Token: token}}, nil
}

// Numbers of the worker: how long a claimed mail is hidden from other nodes, how many are claimed at once, how the pause after a failure grows, and
// when a mail is given up.
const (
	mailClaim    = 2 * time.Minute
	mailBatch    = 20
	mailPause    = 30 * time.Second
	maxMailPause = 6 * time.Hour
	mailLife     = 3 * 24 * time.Hour
)

// SendMails delivers what is due in the outbox and answers how many mails it dealt with. Service.Run does it by itself, once a second and at once when
// this process has queued one.
func (s *Service) SendMails(ctx context.Context) (int, error) {
	if s.mailer == nil {
		return 0, nil
	}
	now := s.now()
	claimed, err := s.store.ClaimMails(ctx, now, now.Add(mailClaim), mailBatch)
	if err != nil {
		return 0, wrap("claim mails", err)
	}
	for _, queued := range claimed {
		if err := s.sendMail(ctx, queued, now); err != nil {
			return 0, err
		}
	}
	return len(claimed), nil
}

// sendMail delivers one mail and records what came of it. Its error is the store's; trouble with the delivery is written to the log.
func (s *Service) sendMail(ctx context.Context, queued OutboxMail, now time.Time) error {
	mail, err := s.openMail(ctx, queued)
	switch {
	case errors.Is(err, ErrUnavailable):
		return err
	case errors.Is(err, ErrNotFound): // a decoy, or a user who was deleted since
		s.counts.mails.add(MailDropped)
		return wrap("drop mail", s.store.MailDone(ctx, queued.Seq))
	case err == nil:
		err = s.mailer.Send(ctx, mail)
	}
	switch {
	case err == nil:
		s.counts.mails.add(MailSent)
		return wrap("finish mail", s.store.MailDone(ctx, queued.Seq))
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, ErrMailRefused) || now.Sub(queued.QueuedAt) > mailLife:
		s.counts.mails.add(MailGivenUp)
		s.log.ErrorContext(ctx, "mail given up", "kind", string(mail.Kind), "user_id", string(queued.UserID), "tries", queued.Tries+1, "error", err)
		s.record(ctx, Event{Kind: EventMailGivenUp, At: now, UserID: queued.UserID, Detail: string(mail.Kind)})
		return wrap("give mail up", s.store.MailDone(ctx, queued.Seq))
	default:
		s.counts.mails.add(MailRetried)
		s.log.WarnContext(ctx, "mail will be tried again", "kind", string(mail.Kind), "user_id", string(queued.UserID), "tries", queued.Tries+1, "error", err)
		return wrap("retry mail", s.store.RetryMail(ctx, queued.Seq, now.Add(mailPauseAfter(queued.Tries))))
	}
}

// openMail unseals a mail and reads whom it is about.
func (s *Service) openMail(ctx context.Context, queued OutboxMail) (Mail, error) {
	user, err := s.store.User(ctx, queued.UserID)
	if err != nil {
		return Mail{}, wrap("read user for mail", err)
	}
	plain, err := s.master.Open(outboxSeal, queued.Sealed, nil)
	if err != nil {
		return Mail{}, fmt.Errorf("open mail: %w: %w", err, ErrMailRefused)
	}
	var m sealedMail
	if err := json.Unmarshal(plain, &m); err != nil {
		return Mail{}, fmt.Errorf("read mail: %w: %w", err, ErrMailRefused)
	}
	return Mail{
		Kind: m.Kind, To: m.To, User: user, UID: UIDOf(user.ID), Token: secret.NewText(m.Token),
		Client: Client{Address: m.Address, UserAgent: m.Agent}, Reason: m.Reason, At: queued.QueuedAt,
	}, nil
}

// mailPauseAfter doubles the pause with each failure.
func mailPauseAfter(tries int) time.Duration {
	return min(mailPause<<min(tries, 10), maxMailPause)
}

// wakeMailer makes Run look at the outbox now, instead of within a second.
func (s *Service) wakeMailer(mails []OutboxMail) {
	if len(mails) == 0 {
		return
	}
	select {
	case s.mailQueued <- struct{}{}:
	default: // it has been told already
	}
}
