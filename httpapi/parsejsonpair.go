package httpapi

import "strings"

// pair joins a high surrogate with the low one that follows it.
func (p *jsonParser) pair(high rune) (rune, error) {
	at := p.at
	if high < 0xD800 || high > 0xDBFF || !p.take(`\u`) {
		return high, nil
	}
	low, ok := p.hex4()
	if !ok {
		return 0, p.fault(`Invalid \uXXXX escape`, at+1)
	}
	if low < 0xDC00 || low > 0xDFFF {
		p.at = at
		return high, nil
	}
	return (high-0xD800)<<10 + (low - 0xDC00) + 0x10000, nil
}

func (p *jsonParser) hex4() (r rune, ok bool) {
	if len(p.text)-p.at < 5 { // four digits, and the quote that must follow
		return 0, false
	}
	for _, c := range p.text[p.at : p.at+4] {
		digit := strings.IndexRune("0123456789abcdef", c|0x20)
		if digit < 0 || c < '0' {
			return 0, false
		}
		r = r<<4 | rune(digit)
	}
	p.at += 4
	return r, true
}
