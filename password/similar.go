package password

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Account is what a password must not resemble. Empty fields are not compared.
type Account struct {
	Username, FirstName, LastName, Email string
}

// similar finds the first field that resembles the password in lower case: as a whole, or one of the words in it. Its name is the one that
// Django shows.
func (a Account) similar(lower string, limit float64) (field string, found bool) {
	p := countCharacters(lower)
	for _, attribute := range [...]struct{ name, value string }{
		{"username", a.Username}, {"first name", a.FirstName}, {"last name", a.LastName}, {"email address", a.Email},
	} {
		value := lowerCase(attribute.value)
		for _, part := range append(strings.FieldsFunc(value, isNoWord), value) {
			if part != "" && p.resembles(part, limit) {
				return attribute.name, true
			}
		}
	}
	return "", false
}

// isNoWord is the \W of Python's regular expressions. Combining marks are no parts of words there.
func isNoWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '_' }

// characters is how often each one is in a text.
type characters struct {
	count map[rune]int
	size  int
}

func countCharacters(text string) characters {
	c := characters{count: make(map[rune]int, len(text))}
	for _, r := range text {
		c.count[r]++
		c.size++
	}
	return c
}

// resembles tells whether the share of characters in common, whatever their order, reaches the limit: quick_ratio of Python's difflib. The work is
// linear in the length of the part. Django leaves out the parts that are too short to reach the limit; that saves work and decides nothing.
func (c characters) resembles(part string, limit float64) bool {
	size := utf8.RuneCountInString(part)
	common := 0
	for _, r := range part {
		c.count[r]--
		if c.count[r] >= 0 {
			common++
		}
	}
	for _, r := range part { // puts back what was taken
		c.count[r]++
	}
	return 2*float64(common)/float64(c.size+size) >= limit
}
