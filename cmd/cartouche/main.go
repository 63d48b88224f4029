// Command cartouche serves authentication for single-page and mobile apps, and administers it. It is the only place that knows every
// package: it reads the settings, puts the parts together and holds no rules.
package main

import (
	"context"
	"os"
)

func main() {
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, environment: os.Environ()}
	os.Exit(a.run(context.Background(), os.Args[1:]))
}
