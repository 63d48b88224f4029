package password

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"github.com/cartouche-auth/cartouche/secret"
)

const (
	defaultMinLength     = 8
	defaultMaxSimilarity = 0.7
	leastMaxSimilarity   = 0.1 // below it, nearly every password is similar to everything
)

// Validators judge new passwords as Django's four password validators do. The zero Validators are those of a new Django project: all four, at least
// 8 characters, similarity below 0.7. They are safe for concurrent use.
type Validators struct {
	MinLength     int     // least number of code points; 0 is 8
	MaxSimilarity float64 // what is at least so similar to the account is refused: 0.1 (strict) to 1 (a permutation); 0 is 0.7

	AllowSimilar bool // does not compare with the account
	AllowShort   bool // has no least length
	AllowCommon  bool // does not look into the list of common passwords
	AllowNumeric bool // lets passwords be digits only
}

// ProblemCode names what is wrong with a new password, in Django's words.
type ProblemCode string

// The codes, in the order in which Check reports them.
const (
	ProblemTooSimilar      ProblemCode = "password_too_similar"      // against targeted guessing
	ProblemTooShort        ProblemCode = "password_too_short"        // against brute force
	ProblemTooCommon       ProblemCode = "password_too_common"       // against password spraying and dictionaries
	ProblemEntirelyNumeric ProblemCode = "password_entirely_numeric" // against brute force over ten characters
)

// Problem is one reason to refuse a new password.
type Problem struct {
	Code  ProblemCode
	Field string // of ProblemTooSimilar: "username", "first name", "last name" or "email address"; else ""
	Limit int    // of ProblemTooShort: the least number of code points; else 0
}

// Validate reports, joined, every setting that makes no sense: such Validators would refuse everything, or nothing.
func (v Validators) Validate() error {
	var errs []error
	if v.MinLength < 0 || v.MinLength > MaxLength {
		errs = append(errs, fmt.Errorf("password length: the least must be 0 (default) to %d, not %d", MaxLength, v.MinLength))
	}
	if v.MaxSimilarity != 0 && !(v.MaxSimilarity >= leastMaxSimilarity && v.MaxSimilarity <= 1) { // NaN fails too
		errs = append(errs, fmt.Errorf("password similarity: the most must be 0 (default) or %v to 1, not %v", leastMaxSimilarity, v.MaxSimilarity))
	}
	return errors.Join(errs...)
}

// Check collects all problems of a new password of the account, in Django's order; none is nil. It judges the text that Hash would hash, so white
// space around it does not make it longer. What Hash refuses (ErrTooLong, ErrMalformed) is judged there, and has no problems here. An account
// that is not known is the zero Account. The first call that needs the common passwords unpacks them, once in a process.
func (v Validators) Check(plain secret.Text, account Account) []Problem {
	t, err := readText(plain.Reveal())
	if err != nil {
		return nil
	}
	var problems []Problem
	lower := lowerCase(t.normal)
	if !v.AllowSimilar {
		if field, found := account.similar(lower, orDefault(v.MaxSimilarity, defaultMaxSimilarity)); found {
			problems = append(problems, Problem{Code: ProblemTooSimilar, Field: field})
		}
	}
	if least := orDefault(v.MinLength, defaultMinLength); !v.AllowShort && utf8.RuneCountInString(t.normal) < least {
		problems = append(problems, Problem{Code: ProblemTooShort, Limit: least})
	}
	if !v.AllowCommon && commonPasswords().has(lower) {
		problems = append(problems, Problem{Code: ProblemTooCommon})
	}
	if !v.AllowNumeric && isNumeric(t.normal) {
		problems = append(problems, Problem{Code: ProblemEntirelyNumeric})
	}
	return problems
}

func orDefault[T int | float64](value, standard T) T {
	if value == 0 {
		return standard
	}
	return value
}

// lowerCase is Python's str.lower of the composed text, with the final sigma and the dotted capital I that strings.ToLower does not know.
func lowerCase(text string) string {
	return cases.Lower(language.Und).String(norm.NFC.String(text)) // a Caser has state: each call has its own
}

// isNumeric is Python's str.isdigit: not only 0 to 9.
func isNumeric(text string) bool {
	for _, r := range text {
		if !unicode.IsDigit(r) && !unicode.Is(otherDigits, r) {
			return false
		}
	}
	return text != ""
}

// otherDigits are the 128 characters of Unicode's Numeric_Type=Digit: digits, such as superscripts, that are no decimal digits (Nd, in package
// unicode). They are those of extracted/DerivedNumericType.txt of the Unicode Character Database 14.0, taken from Python's unicodedata. The set is
// closed: since Unicode 6.3 no character is added to it (UAX #44, Numeric_Type).
var otherDigits = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x00b2, Hi: 0x00b3, Stride: 1}, // superscripts
		{Lo: 0x00b9, Hi: 0x00b9, Stride: 1},
		{Lo: 0x1369, Hi: 0x1371, Stride: 1}, // Ethiopic
		{Lo: 0x19da, Hi: 0x19da, Stride: 1}, // New Tai Lue
		{Lo: 0x2070, Hi: 0x2070, Stride: 1}, // superscripts
		{Lo: 0x2074, Hi: 0x2079, Stride: 1},
		{Lo: 0x2080, Hi: 0x2089, Stride: 1}, // subscripts
		{Lo: 0x2460, Hi: 0x2468, Stride: 1}, // in circles
		{Lo: 0x2474, Hi: 0x247c, Stride: 1}, // in parentheses
		{Lo: 0x2488, Hi: 0x2490, Stride: 1}, // with a full stop
		{Lo: 0x24ea, Hi: 0x24ea, Stride: 1}, // in circles
		{Lo: 0x24f5, Hi: 0x24fd, Stride: 1},
		{Lo: 0x24ff, Hi: 0x24ff, Stride: 1},
		{Lo: 0x2776, Hi: 0x277e, Stride: 1}, // dingbats
		{Lo: 0x2780, Hi: 0x2788, Stride: 1},
		{Lo: 0x278a, Hi: 0x2792, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x10a40, Hi: 0x10a43, Stride: 1}, // Kharoshthi
		{Lo: 0x10e60, Hi: 0x10e68, Stride: 1}, // Rumi
		{Lo: 0x11052, Hi: 0x1105a, Stride: 1}, // Brahmi
		{Lo: 0x1f100, Hi: 0x1f10a, Stride: 1}, // with a full stop or a comma
	},
	LatinOffset: 2,
}
