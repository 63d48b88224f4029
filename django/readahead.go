package django

import "context"

// fullPage is a page with what its users have.
type fullPage struct {
	page
	belongings
	err error
}

// readAhead reads one page while the one before it is being stored. The channel is closed when there are no more, after an error, or when ctx ends.
func (i *importer) readAhead(ctx context.Context) <-chan fullPage {
	pages := make(chan fullPage)
	go func() {
		defer close(pages)
		for after := any(nil); ; {
			var p fullPage
			if p.page, p.err = i.from.nextPage(ctx, after, i.options.Batch); p.err == nil && len(p.users) > 0 {
				p.belongings, p.err = i.from.belongings(ctx, p.page, i.now)
			}
			if p.err == nil && len(p.users) == 0 {
				return
			}
			select {
			case pages <- p:
			case <-ctx.Done():
				return
			}
			if after = p.last; p.err != nil {
				return
			}
		}
	}()
	return pages
}
