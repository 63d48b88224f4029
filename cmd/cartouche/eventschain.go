package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/cartouche-auth/cartouche/auth"
)

func (a *app) eventsExportCommand() *cobra.Command {
	return &cobra.Command{
		Use: "export", Short: "Write every event as a line of JSON, in the order of the chain, with position and hash", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.look(cmd.Context(), func(o opened) error {
				out := bufio.NewWriter(cmd.OutOrStdout())
				return errors.Join(a.export(cmd, o, out), out.Flush())
			})
		},
	}
}

// exportView is an event of an export. No position: it was not sealed yet.
type exportView struct {
	Seq      int64  `json:"seq"`
	Position *int64 `json:"position"`
	Hash     string `json:"hash"`
	trailView
}

const exportPage = 500

func (a *app) export(cmd *cobra.Command, o opened, w io.Writer) error {
	chain, err := o.store.Chain(cmd.Context())
	if err != nil {
		return err
	}
	show, finish := a.chainProgress()
	defer finish()
	for after := int64(math.MinInt64); ; {
		page, err := o.store.SealedEvents(cmd.Context(), after, exportPage)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		if err := exportEvents(w, page); err != nil {
			return err
		}
		after = page[len(page)-1].Position
		show(after, chain.Head.Position)
	}
	for after := int64(math.MinInt64); ; {
		page, err := o.store.UnsealedEvents(cmd.Context(), after, exportPage)
		if err != nil || len(page) == 0 {
			return err
		}
		if err := exportEvents(w, page); err != nil {
			return err
		}
		after = page[len(page)-1].Seq
	}
}

func exportEvents(w io.Writer, page []auth.SealedEvent) error {
	for _, e := range page {
		v := exportView{Seq: e.Seq, trailView: viewTrail(e.Event)}
		if e.Link != (auth.Link{}) {
			v.Position, v.Hash = &e.Position, e.Hash.String()
		}
		if err := writeJSONLine(w, v); err != nil {
			return err
		}
	}
	return nil
}

// chainProgress draws a bar for who watches.
func (a *app) chainProgress() (show func(position, of int64), finish func()) {
	if !a.errorsOnTerminal() {
		return func(int64, int64) {}, func() {}
	}
	bar := progressbar.NewOptions64(1, progressbar.OptionSetWriter(a.err), progressbar.OptionSetDescription("events"),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true))
	return func(position, of int64) {
		bar.ChangeMax64(max(position, of))
		_ = bar.Set64(position) // a bar that cannot be drawn is no reason to stop
	}, func() { _ = bar.Clear() }
}

func (a *app) eventsVerifyCommand() *cobra.Command {
	var head string
	c := &cobra.Command{
		Use: "verify", Short: "Walk along the chain of events and tell whether anybody has changed, removed or moved one", Args: noArguments,
		Long: "Walk along the chain of events and tell whether anybody has changed, removed or moved one. It writes nothing. The exit code is 0 when all is as it was\n" +
			"sealed. Note the head that it prints where whoever can write to the database cannot: given with --head, it also finds that the end was cut off.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var noted *auth.Link
			if head != "" {
				link, err := auth.ParseLink(head)
				if err != nil {
					return fmt.Errorf("--head: %w", err)
				}
				noted = &link
			}
			return a.look(cmd.Context(), func(o opened) error { return a.verifyEvents(cmd, o, noted) })
		},
	}
	c.Flags().StringVar(&head, "head", "", "head that was noted before, as HASH@POSITION: it must still be in the chain")
	return c
}

func (a *app) verifyEvents(cmd *cobra.Command, o opened, noted *auth.Link) error {
	show, finish := a.chainProgress()
	verdict, err := o.VerifyEvents(cmd.Context(), noted, show)
	finish()
	if err != nil {
		return err
	}
	if b := verdict.Break; b != nil {
		return fmt.Errorf("the audit trail is broken at position %d: %s: %s\n%s before it are as they were sealed", b.Position, b.Kind, b.Detail, count(int(verdict.Count), "event"))
	}
	lines := fmt.Sprintf("OK: %s, positions %d to %d\nhead: %s\nnot sealed yet: %d\n", count(int(verdict.Count), "event"), verdict.First, verdict.Last, verdict.Head, verdict.Unsealed)
	if noted == nil {
		lines += "not checked: whether the end was cut off and the mark of an earlier end put back; note the head elsewhere and give it with --head\n"
	}
	lines += "cannot be seen: what was done with the master key, and events that were put in before they were sealed\n"
	_, err = io.WriteString(cmd.OutOrStdout(), lines)
	return err
}
