package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// versionView is the version as JSON.
type versionView struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
	System  string `json:"system"`
}

func (a *app) versionCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "version", Short: "Show the version", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := version()
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), v)
			}
			commit := ""
			if v.Commit != "" {
				commit = ", commit " + v.Commit
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "cartouche %s (%s, %s%s)\n", v.Version, v.Go, v.System, commit)
			return err
		},
	}
	jsonFlag(c, &asJSON)
	return c
}

// release is the version of a binary that was built by `make release`.
//
//nolint:gochecknoglobals // the linker sets it
var release string

// version is what `make release`, or else the Go tool, wrote into the binary: `go install` of a version writes that.
func version() versionView {
	v := versionView{Version: "(devel)", Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if release != "" {
		v.Version = release
	} else if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Commit = s.Value
		}
	}
	return v
}
