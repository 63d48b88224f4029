package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// collector reads the counters of others when it is asked, so that counting costs them nothing more.
type collector struct {
	config Config
	told   []described
}

type described struct {
	metric
	desc *prometheus.Desc
}

func newCollector(c Config) *collector {
	var told []described
	for _, m := range table() {
		if m.read != nil {
			told = append(told, described{m, m.desc()})
		}
	}
	return &collector{c, told}
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, m := range c.told {
		out <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	now := c.read()
	for _, m := range c.told {
		for label, value := range m.read(now) {
			out <- prometheus.MustNewConstMetric(m.desc, m.valueType(), value, m.values(label)...) // fails for a wrong number of labels only
		}
	}
}

func (m described) values(label string) []string {
	if len(m.labels) == 0 {
		return nil
	}
	return []string{label}
}

// storePatience bounds the one question that a scrape asks of the database: when that hangs, the other metrics are wanted most.
const storePatience = 2 * time.Second

func (c *collector) read() reading {
	ctx, cancel := context.WithTimeout(context.Background(), storePatience)
	defer cancel()
	r := reading{config: c.config, stats: c.config.Service.Stats(), now: c.config.Service.Now()}
	if c.config.Database != nil {
		r.database = c.config.Database()
	}
	mails, err := c.config.Service.MailQueue(ctx)
	if err != nil {
		c.config.Logger.WarnContext(ctx, "metrics lack the outbox", "error", err)
		return r
	}
	r.mails = &mails
	return r
}
