package main

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/cartouche-auth/cartouche/sqlstore/transfer"
)

func (a *app) storeCommand() *cobra.Command {
	return group("store", "Move the database to another, or see how much it holds", a.storeCopyCommand(), a.storeStatsCommand())
}

func (a *app) storeCopyCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "copy FROM TO", Short: "Copy everything from one database into another that is empty, of the same kind or not", Args: twoArguments("databases"),
		Long: "Copy everything from one database into another that is empty, of the same kind or not.\n\n" +
			"Both are named as in the setting database. Stop every server on either first: a source in use is refused. Whoever looks at the target sees nothing\n" +
			"or everything: it is written in one transaction, which ends well only when its rows, read back, are those of the source. A copy that was\n" +
			"interrupted has left nothing behind, and is simply run again. The master key is not in the database: the new one needs the same.",
		Example: "  cartouche store copy sqlite:/var/lib/cartouche/cartouche.db postgres://cartouche@db.internal/cartouche\n" +
			"  cartouche store copy postgres://cartouche@db.internal/cartouche sqlite:cartouche.db",
		RunE: func(cmd *cobra.Command, args []string) error {
			progress, finish := a.rowsBar()
			copied, err := transfer.Copy(cmd.Context(), args[0], args[1], progress)
			finish()
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), map[string]any{"copied": copied})
			}
			rows := make([][]string, len(copied))
			for i, c := range copied {
				rows[i] = []string{c.Table, fmt.Sprint(c.Rows), c.Digest}
			}
			return writeTable(cmd.OutOrStdout(), "TABLE ROWS SHA-256", rows)
		},
	}
	jsonFlag(c, &asJSON)
	return c
}

// rowsBar draws a bar for who watches.
func (a *app) rowsBar() (progress func(done, total int), finish func()) {
	if !a.errorsOnTerminal() {
		return nil, func() {}
	}
	var bar *progressbar.ProgressBar
	progress = func(done, total int) {
		if bar == nil {
			bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(a.err), progressbar.OptionSetDescription("rows, written and read back"),
				progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true))
		}
		_ = bar.Set(done) // a bar that cannot be drawn is no reason to stop
	}
	return progress, func() {
		if bar != nil {
			_ = bar.Clear()
		}
	}
}

// statsView is the stats of a store as JSON.
type statsView struct {
	Schema        int                   `json:"schema"`
	Bytes         int64                 `json:"bytes"`
	OldestSession *time.Time            `json:"oldest_session"`
	NewestSession *time.Time            `json:"newest_session"`
	Tables        []transfer.TableStats `json:"tables"`
}

func (a *app) storeStatsCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "stats", Short: "Show the rows of each table, the size, the number of the schema, and how old sessions are", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.load()
			if err != nil {
				return err
			}
			stats, err := transfer.Measure(cmd.Context(), c.Database)
			if err != nil {
				return inSetting("database", err)
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), statsView{
					stats.Schema, stats.Bytes, timePointer(stats.OldestSession), timePointer(stats.NewestSession), stats.Tables,
				})
			}
			pairs := [][2]string{
				{"schema", fmt.Sprint(stats.Schema)},
				{"bytes", fmt.Sprint(stats.Bytes)},
				{"oldest session", timeText(stats.OldestSession)},
				{"newest session", timeText(stats.NewestSession)},
			}
			for _, t := range stats.Tables {
				pairs = append(pairs, [2]string{t.Table, fmt.Sprint(t.Rows)})
			}
			return writePairs(cmd.OutOrStdout(), pairs)
		},
	}
	jsonFlag(c, &asJSON)
	return c
}
