// Package config is the settings of the command: one table, from which the keys of the YAML file, the CARTOUCHE_ variables, the flags and
// the reference page come. It reads and checks; it opens no database, no socket and no key.
package config
