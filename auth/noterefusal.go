package auth

import (
	"context"
	"errors"
	"time"
)

// refusalPause is how long nothing more is recorded of a limit that goes on refusing the same subject: a flood of requests must not become a flood of rows.
const refusalPause = 10 * time.Minute

// noteRefusal records that limits refused something, once for a while, and answers the error. The event says when, whom and from where.
func (s *Service) noteRefusal(ctx context.Context, event Event, err error) error {
	refusal, ok := errors.AsType[*LimitError](err)
	if !ok {
		return err
	}
	for _, x := range refusal.Limits {
		wait, takeErr := s.noted.TakeLimits(ctx, event.At, LimitUse{Key: x.Key(), Rate: Rate{Burst: 1, Interval: refusalPause}})
		if takeErr != nil || wait != nil {
			continue
		}
		event.Kind, event.Detail = EventLimited, x.Name
		s.record(ctx, event)
	}
	return err
}
