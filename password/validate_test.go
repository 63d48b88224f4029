package password_test

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/secret"
)

// What a new password of eight least characters can be blamed for.
var (
	tooShort  = password.Problem{Code: password.ProblemTooShort, Limit: 8}
	tooCommon = password.Problem{Code: password.ProblemTooCommon}
	numeric   = password.Problem{Code: password.ProblemEntirelyNumeric}
)

func similarTo(field string) password.Problem {
	return password.Problem{Code: password.ProblemTooSimilar, Field: field}
}

type judgement struct {
	plain   string
	account password.Account
	want    []password.Problem
}

func testJudgements(t *testing.T, v password.Validators, cases map[string]judgement) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, v.Check(secret.NewText(c.plain), c.account)); diff != "" {
				t.Errorf("Check(%q, %+v) (-want +got):\n%s", c.plain, c.account, diff)
			}
		})
	}
}

// Observed on django.contrib.auth.password_validation of Django 5.2 with the validators of its project template.
func TestDjangoValidators(t *testing.T) {
	t.Parallel()
	alice := password.Account{Username: "alice"}
	testJudgements(t, password.Validators{}, map[string]judgement{
		"the user name and more":          {"alice12", alice, []password.Problem{similarTo("username"), tooShort}},
		"an anagram of the user name":     {"ecila999", alice, []password.Problem{similarTo("username")}},
		"the user name and much more":     {"alice1234567", alice, nil},
		"the user name in the middle":     {"xalicexyz1", alice, nil},
		"the user name thrice":            {"joejoejoe1", password.Account{Username: "joe"}, nil},
		"the address before the at":       {"longmailname1", password.Account{Email: "longmailname@example.com"}, []password.Problem{similarTo("email address")}},
		"the address after the at":        {"examplecom9", password.Account{Email: "a@example.com"}, []password.Problem{similarTo("email address")}},
		"the last name with a suffix":     {"Smithsonian", password.Account{LastName: "Smithson"}, []password.Problem{similarTo("last name")}},
		"the first name, which is common": {"abcdefgh", password.Account{FirstName: "abcdefgh"}, []password.Problem{similarTo("first name"), tooCommon}},
		"common within white space":       {"  password  ", password.Account{}, []password.Problem{tooCommon}},
		"common in capitals":              {"PASSWORD", password.Account{}, []password.Problem{tooCommon}},
		"common and numeric":              {"12345678", password.Account{}, []password.Problem{tooCommon, numeric}},
		"short and common":                {"short1", password.Account{}, []password.Problem{tooShort, tooCommon}},
		"empty":                           {"", password.Account{}, []password.Problem{tooShort}},
		"seven characters of two bytes":   {strings.Repeat("é", 7), password.Account{}, []password.Problem{tooShort}},
		"Arabic-Indic digits":             {"١٢٣٤٥٦٧٨٩٠", password.Account{}, []password.Problem{numeric}},
		"superscripts":                    {"²³²³²³²³²³", password.Account{}, []password.Problem{numeric}},
		"all four":                        {"123456", password.Account{Email: "123456@example.com"}, []password.Problem{similarTo("email address"), tooShort, tooCommon, numeric}},
		"none":                            {"correct horse battery", password.Account{"alice", "Alice", "Liddell", "alice@example.com"}, nil},
		"only the first field is blamed":  {"liddell99", password.Account{Username: "x", LastName: "Liddell", Email: "liddell@example.com"}, []password.Problem{similarTo("last name")}},
		"capitals do not hide":            {"ALICE999", password.Account{Username: "Alice99"}, []password.Problem{similarTo("username")}},
	})
}

func TestSimilarityBoundaries(t *testing.T) {
	t.Parallel()
	word := password.Account{Username: "abcdefghij"}
	for name, c := range map[string]struct {
		limit   float64
		plain   string
		account password.Account
		similar bool
	}{
		"7 of 10 in common is 0.7":                    {0, "abcdefg---", word, true},
		"6 of 10 in common is less":                   {0, "abcdef----", word, false},
		"more than the limit":                         {0.65, "abcdefg---", word, true},
		"less than the limit":                         {0.75, "abcdefg---", word, false},
		"limit 1, a permutation":                      {1, "jihgfedcba", word, true},
		"limit 1, one more character":                 {1, "jihgfedcbak", word, false},
		"a doubled character counts once":             {1, "aabcdefghi", word, false},
		"limit 0.1, nearly nothing in common":         {0.1, "a123456789", word, true},
		"limit 0.1, nothing in common":                {0.1, "0123456789", word, false},
		"words of one letter are no resemblance":      {0, "a-b-c-d-xyz", password.Account{Email: "a@b.c"}, false},
		"the underscore belongs to words":             {0, "snakecase", password.Account{Username: "xxxxxxxxxx_snakecase"}, false},
		"the hyphen does not":                         {0, "snakecase", password.Account{Username: "xxxxxxxxxx-snakecase"}, true},
		"combining marks do not":                      {0, "xyzxyzxyz", password.Account{FirstName: "क्षत्रिय\u093fxyzxyzxyz"}, true},
		"nor are two ways to write é different":       {1, "caf\u00e9caf\u00e9", password.Account{Username: "cafe\u0301cafe\u0301"}, true},
		"a capital sigma at the end of a word is ς":   {1, "ΟΔΥΣΣΕΥΣ", password.Account{FirstName: "οδυσσευς"}, true},
		"the capital of a dotted i has a dot":         {1, "İİİİ", password.Account{Username: "i\u0307i\u0307i\u0307i\u0307"}, true},
		"a short word in a long password":             {0.2, strings.Repeat("a", 20), password.Account{Username: "a"}, false},
		"one of nine, at the limit":                   {0.2, strings.Repeat("a", 9), password.Account{Username: "a"}, true},
		"one of ten, above the limit":                 {0.18, strings.Repeat("a", 10), password.Account{Username: "a"}, true},
		"an account of punctuation only":              {0, "@@@@@@@@", password.Account{Username: "@@@@@@@@"}, true},
		"an account that is not text does not matter": {0, "correct horse", password.Account{Username: "\xff\xfe"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := password.Validators{MaxSimilarity: c.limit, AllowShort: true, AllowCommon: true, AllowNumeric: true}
			problems := v.Check(secret.NewText(c.plain), c.account)
			if similar := len(problems) == 1 && problems[0].Code == password.ProblemTooSimilar; similar != c.similar {
				t.Errorf("Check(%q, %+v) = %v, want similar %v", c.plain, c.account, problems, c.similar)
			}
		})
	}
}

// White space is not hashed, so it must not count: eight characters of which one is left would be guessed at once.
func TestPaddedShortPasswordAttack(t *testing.T) {
	t.Parallel()
	testJudgements(t, password.Validators{}, map[string]judgement{
		"seven characters":                      {"k7#wq.z", password.Account{}, []password.Problem{tooShort}},
		"eight characters":                      {"k7#wq.zp", password.Account{}, nil},
		"one character and spaces":              {"       ж", password.Account{}, []password.Problem{tooShort}},
		"spaces only":                           {strings.Repeat("\u3000", 9), password.Account{}, []password.Problem{tooShort}},
		"four characters of two code points":    {strings.Repeat("e\u0301", 4), password.Account{}, []password.Problem{tooShort}},
		"eight characters outside the BMP":      {"🐎🔋🧷🐢🐙🦀🐌🐝", password.Account{}, nil},
		"spaces in the middle are characters":   {"k      z", password.Account{}, nil},
		"a common one in Python's white space":  {"\x1f\u2003password\u0085", password.Account{}, []password.Problem{tooCommon}},
		"digits in Python's white space":        {"\x1c90817263544\n", password.Account{}, []password.Problem{numeric}},
		"what Hash refuses is judged by Hash":   {"123456\x00", password.Account{}, nil},
		"what is too long is not judged either": {strings.Repeat("1", password.MaxLength+1), password.Account{}, nil},
	})
}

func TestEachValidatorCanBeTurnedOff(t *testing.T) {
	t.Parallel()
	account := password.Account{Username: "123456"}
	all := []password.Problem{similarTo("username"), tooShort, tooCommon, numeric}
	for name, c := range map[string]struct {
		v    password.Validators
		want []password.Problem
	}{
		"none":                {password.Validators{}, all},
		"similarity":          {password.Validators{AllowSimilar: true}, all[1:]},
		"length":              {password.Validators{AllowShort: true}, []password.Problem{all[0], all[2], all[3]}},
		"common passwords":    {password.Validators{AllowCommon: true}, []password.Problem{all[0], all[1], all[3]}},
		"digits":              {password.Validators{AllowNumeric: true}, all[:3]},
		"all":                 {password.Validators{AllowSimilar: true, AllowShort: true, AllowCommon: true, AllowNumeric: true}, nil},
		"a length of its own": {password.Validators{MinLength: 7, AllowSimilar: true, AllowCommon: true, AllowNumeric: true}, []password.Problem{{Code: password.ProblemTooShort, Limit: 7}}},
		"a length just met":   {password.Validators{MinLength: 6, AllowSimilar: true, AllowCommon: true, AllowNumeric: true}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, c.v.Check(secret.NewText("123456"), account)); diff != "" {
				t.Errorf("Check (-want +got):\n%s", diff)
			}
		})
	}
}

// The digits of Python's str.isdigit: 128 characters of Numeric_Type=Digit, and all decimal digits.
func TestEveryDigitIsNumeric(t *testing.T) {
	t.Parallel()
	v := password.Validators{AllowSimilar: true, AllowShort: true, AllowCommon: true}
	isNumeric := func(r rune) bool { return v.Check(secret.NewText(string(r)), password.Account{}) != nil }
	others := 0
	eachRune(unicode.N, func(r rune) {
		switch found, decimal := isNumeric(r), unicode.Is(unicode.Nd, r); {
		case decimal && !found:
			t.Errorf("%U is a decimal digit, and not numeric", r)
		case !decimal && found:
			others++
		}
	})
	if others != 128 {
		t.Errorf("%d digits that are not decimal, want 128", others)
	}
	for _, r := range "²³¹፩፱᧚⁰⁴⁹₀₉①⑨⑴⑼⒈⒐⓪⓵⓽⓿❶❾➀➈➊➒𐩀𐩃𐹠𐹨𑁒𑁚🄀🄊" {
		if !isNumeric(r) {
			t.Errorf("%c (%U) is not numeric", r, r)
		}
	}
	for _, r := range "½፲⑩⑽⒑❿➉➓Ⅷ五〇𐩄𐹩𑁛🄋a-" {
		if isNumeric(r) {
			t.Errorf("%c (%U) is numeric", r, r)
		}
	}
}

func eachRune(table *unicode.RangeTable, visit func(rune)) {
	for _, span := range table.R16 {
		for r := rune(span.Lo); r <= rune(span.Hi); r += rune(span.Stride) {
			visit(r)
		}
	}
	for _, span := range table.R32 {
		for r := rune(span.Lo); r <= rune(span.Hi); r += rune(span.Stride) {
			visit(r)
		}
	}
}

func TestValidatorsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		v    password.Validators
		want string
	}{
		"zero":                {password.Validators{}, ""},
		"the strictest":       {password.Validators{MinLength: password.MaxLength, MaxSimilarity: 0.1}, ""},
		"the laxest":          {password.Validators{MinLength: 1, MaxSimilarity: 1}, ""},
		"nothing is so long":  {password.Validators{MinLength: password.MaxLength + 1}, "password length: the least must be 0 (default) to 256, not 257"},
		"negative length":     {password.Validators{MinLength: -1}, "password length: the least must be 0 (default) to 256, not -1"},
		"everything is alike": {password.Validators{MaxSimilarity: 0.09}, "password similarity: the most must be 0 (default) or 0.1 to 1, not 0.09"},
		"nothing is alike":    {password.Validators{MaxSimilarity: 1.01}, "password similarity: the most must be 0 (default) or 0.1 to 1, not 1.01"},
		"no number, and more": {
			password.Validators{MinLength: -1, MaxSimilarity: math.NaN()},
			"password length: the least must be 0 (default) to 256, not -1\npassword similarity: the most must be 0 (default) or 0.1 to 1, not NaN",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := c.v.Validate(); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("Validate() = %q, want %q", got, c.want)
			}
		})
	}
}

// worst is the longest password beside the longest fields that have as many words as possible.
func worst() (secret.Text, password.Account) {
	words := strings.Repeat("İ.", 127)
	return secret.NewText(strings.Repeat("𝒶", password.MaxLength)), password.Account{Username: words, FirstName: words, LastName: words, Email: words}
}

// Nobody occupies the server with passwords that take long to judge: the longest takes a millisecond or two.
func TestSlowPasswordAttack(t *testing.T) {
	t.Parallel()
	done := make(chan []password.Problem, 1)
	go func() { done <- password.Validators{MaxSimilarity: 0.1}.Check(worst()) }()
	select {
	case problems := <-done:
		if problems != nil {
			t.Errorf("Check = %v, want no problem", problems)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("Check takes more than 5 s")
	}
}
