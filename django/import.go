package django

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

// Target is where users go. Every auth.Store is one.
type Target interface {
	auth.ImportStore
	User(ctx context.Context, id auth.UserID) (auth.User, error)
	UserByUsername(ctx context.Context, username string) (auth.User, error)
}

// Options say how to import. Now is needed.
type Options struct {
	// Keys, when given, keep the owners of living refresh tokens and sessions signed in.
	Keys Keys
	// PassingSessions is SESSION_EXPIRE_AT_BROWSER_CLOSE: no session outlives the browser.
	PassingSessions bool
	// Policy has the lives of sessions; zero: auth.DefaultPolicy.
	Policy auth.Policy
	// Batch is how many users go in one transaction, 1 to 1000; zero: 1000.
	Batch int
	// DryRun writes nothing and tells what would be done.
	DryRun bool
	// Now is the clock.
	Now func() time.Time
	// Progress is told how many users are done, after each batch; nil: nobody.
	Progress func(done int)
}

const (
	defaultBatch = 1000
	maxBatch     = 1000
)

// Check reports options that cannot work.
func (o Options) Check() error {
	if o.Batch < 0 || o.Batch > maxBatch {
		return fmt.Errorf("batch: %d: must be 1 to %d", o.Batch, maxBatch)
	}
	if o.Keys != nil {
		return o.Keys.check()
	}
	return nil
}

// Import brings users over, in the order of their primary keys, a batch in one transaction, with everything of theirs. Who was imported before stays as he
// is, so that an import that was interrupted is simply run again, and one that was complete changes nothing. A nil Target is an empty one, for dry runs.
//
// The report is good also when there is an error: it tells how far the import came.
func Import(ctx context.Context, from *Source, to Target, o Options) (Report, error) {
	i, err := newImporter(ctx, from, to, o)
	if err != nil {
		return Report{}, err
	}
	err = i.run(ctx)
	i.report.sorted()
	return i.report, err
}

// importer is one import under way.
type importer struct {
	from    *Source
	to      Target
	options Options
	now     time.Time
	convert converter
	report  Report
	emails  map[string]string // address to the first user who has it
	names   map[string]string // name without case, likewise
	// sessions are those of users who have not been read yet
	sessions map[string][]liveSession
}

func newImporter(ctx context.Context, from *Source, to Target, o Options) (*importer, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if o.Batch == 0 {
		o.Batch = defaultBatch
	}
	if to == nil && !o.DryRun {
		return nil, errors.New("there is nothing to import into")
	}
	if o.Policy == (auth.Policy{}) {
		o.Policy = auth.DefaultPolicy()
	}
	i := &importer{
		from: from, to: to, options: o, now: o.Now().UTC().Truncate(time.Millisecond), emails: map[string]string{}, names: map[string]string{},
		report: Report{DryRun: o.DryRun, UserTable: from.schema.users, LeftColumns: from.LeftColumns(), Problems: []Problem{}},
	}
	rights, err := from.groupPermissions(ctx)
	if err != nil {
		return nil, err
	}
	i.convert = converter{login: from.schema.login, groupRights: rights, now: i.now, zone: from.zone, note: i.note}
	return i, i.readSessions(ctx)
}

func (i *importer) note(p Problem) { i.report.Problems = append(i.report.Problems, p) }

func (i *importer) run(ctx context.Context) error {
	without, err := i.from.withoutKey(ctx)
	if err != nil {
		return err
	}
	for range without {
		i.note(Problem{Kind: ProblemNoID, Text: "the primary key is NULL", Skipped: true})
	}
	i.report.Users, i.report.Skipped = without, without
	ctx, stop := context.WithCancel(ctx)
	pages := i.readAhead(ctx)
	defer func() {
		stop()
		for range pages { // until the reader has ended
		}
	}()
	for p := range pages {
		if p.err != nil {
			return p.err
		}
		if err := i.batch(ctx, p); err != nil {
			return err
		}
		if i.options.Progress != nil {
			i.options.Progress(i.report.Users)
		}
	}
	i.leaveSessions()
	return ctx.Err()
}

// batch brings a page over.
func (i *importer) batch(ctx context.Context, p fullPage) error {
	var users []auth.ImportedUser
	for _, row := range p.users {
		u, ok := i.convert.user(row, p.belongings)
		i.report.Users++
		if !ok {
			i.report.Skipped++
			continue
		}
		u.Tokens, u.AllTokens = i.tokens(u.User, p.belongings), i.options.Keys != nil
		i.compare(u.User)
		users = append(users, u)
	}
	results, err := i.store(ctx, users)
	if err != nil {
		return err
	}
	for n, result := range results {
		i.count(users[n], result)
	}
	return nil
}

func (i *importer) store(ctx context.Context, users []auth.ImportedUser) ([]auth.ImportResult, error) {
	if i.options.DryRun {
		return i.foresee(ctx, users)
	}
	event := auth.Event{Kind: auth.EventImported, At: i.now}
	results, err := i.to.ImportUsers(ctx, users, event)
	if err != nil || i.from.schema.login != "email" {
		return results, err
	}
	return i.storeVariants(ctx, users, results, event)
}

// storeVariants brings users over whose addresses, by which they sign in, differ from others' by case only, under names that are nobody else's.
func (i *importer) storeVariants(ctx context.Context, users []auth.ImportedUser, results []auth.ImportResult, event auth.Event) ([]auth.ImportResult, error) {
	var variants []auth.ImportedUser
	var places []int
	for n, result := range results {
		if u := users[n]; result.Outcome == auth.ImportTaken {
			if u.User.Username == u.User.Email {
				u.User.Username = string(u.User.ID)
			} else {
				u.User.Username = u.User.Email
			}
			variants, places = append(variants, u), append(places, n)
		}
	}
	if len(variants) == 0 {
		return results, nil
	}
	again, err := i.to.ImportUsers(ctx, variants, event)
	if err != nil {
		return nil, err
	}
	for k, n := range places {
		results[n] = again[k]
	}
	return results, nil
}

// foresee tells what storing would do.
func (i *importer) foresee(ctx context.Context, users []auth.ImportedUser) ([]auth.ImportResult, error) {
	known := map[auth.UserID][32]byte{}
	if i.to != nil {
		ids := make([]auth.UserID, len(users))
		for n, u := range users {
			ids[n] = u.User.ID
		}
		var err error
		if known, err = i.to.ImportFingerprints(ctx, ids); err != nil {
			return nil, err
		}
	}
	results := make([]auth.ImportResult, len(users))
	for n, u := range users {
		was, ok := known[u.User.ID]
		outcome, err := auth.ImportNew, error(nil)
		switch {
		case ok && was == u.Fingerprint:
			outcome = auth.ImportUnchanged
		case ok:
			outcome = auth.ImportChanged
		case i.to != nil:
			outcome, err = i.foreseeNew(ctx, u.User)
		}
		if err != nil {
			return nil, err
		}
		results[n].Outcome = outcome
		if outcome == auth.ImportNew {
			for _, t := range u.Tokens {
				results[n].Tokens = append(results[n].Tokens, t.Kind)
			}
		}
	}
	return results, nil
}

func (i *importer) foreseeNew(ctx context.Context, u auth.User) (auth.ImportOutcome, error) {
	_, err := i.to.User(ctx, u.ID)
	if errors.Is(err, auth.ErrNotFound) {
		_, err = i.to.UserByUsername(ctx, u.Username)
	}
	switch {
	case errors.Is(err, auth.ErrNotFound):
		return auth.ImportNew, nil
	case err != nil:
		return "", err
	default:
		return auth.ImportTaken, nil
	}
}

// count takes down what became of a user.
func (i *importer) count(u auth.ImportedUser, result auth.ImportResult) {
	id := string(u.User.ID)
	switch result.Outcome {
	case auth.ImportNew:
		i.report.New++
	case auth.ImportUnchanged:
		i.report.Unchanged++
	case auth.ImportChanged:
		i.report.Skipped++
		i.note(Problem{ProblemChanged, id, "", "was changed in Django after it was imported: the account here stays as it is", true})
	case auth.ImportDeleted:
		i.report.Skipped++
		i.note(Problem{ProblemDeleted, id, "", "was imported, and deleted here since: it does not come back", true})
	case auth.ImportTaken:
		i.report.Skipped++
		i.note(Problem{ProblemTaken, id, "", fmt.Sprintf("id or username %q belong to another account here", u.User.Username), true})
	}
	i.report.TokensEnded += result.Ended
	for _, kind := range result.Tokens {
		switch kind {
		case auth.ImportedSession:
			i.report.Sessions++
		case auth.ImportedRefresh:
			i.report.RefreshTokens++
		default:
			i.report.OpaqueTokens++
		}
	}
}
