package attack_test

import (
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// severity is how bad it would be if an attack worked.
type severity string

const (
	critical severity = "critical"
	high     severity = "high"
)

// attack is a row of the table: what an attacker tries, and where it is tried.
type attack struct {
	id       string
	what     string
	severity severity
	against  string // the requirements that stand in its way
	test     func(*testing.T)
	// elsewhere is where it is tried when test is nil.
	elsewhere string
	// open says what does not hold yet; empty: all of it holds.
	open string
}

// attacks is the table.
func attacks() []attack {
	return slices.Concat(tokenAttacks(), sessionAttacks(), crossSiteAttacks(), cookieAttacks(), originAttacks(), enumerationAttacks(), guessAttacks(),
		passwordAttacks(), inputAttacks(), mailAttacks(), operationAttacks())
}

// name is the test's, as go test says it.
func (a attack) name() string {
	if a.test == nil {
		return a.elsewhere
	}
	name := runtime.FuncForPC(reflect.ValueOf(a.test).Pointer()).Name()
	return "attack " + name[strings.LastIndexByte(name, '.')+1:]
}
