package password

import (
	"compress/gzip"
	_ "embed" // for the list
	"fmt"
	"io"
	"strings"
	"sync"
)

// packedCommon is the list of common passwords of Django 5.2.19, whose licence is in the file NOTICE: 19,640 lines in lower case, sorted by bytes.
// It was made, and is made again for another version, by
//
//	pip download --no-deps Django==5.2.19
//	unzip -p django-5.2.19-py3-none-any.whl django/contrib/auth/common-passwords.txt.gz |
//	    gunzip | LC_ALL=C sort -u | gzip -9n >common.txt.gz
//
//go:embed common.txt.gz
var packedCommon string

// commonPasswords are unpacked when first asked for, so that they cost nothing at the start.
var commonPasswords = sync.OnceValue(func() wordList { return unpack(packedCommon) })

// wordList is sorted lines, each with its line feed. One string takes as much memory as the words, a map of them ten times that.
type wordList string

func unpack(packed string) wordList {
	r, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		panic(fmt.Sprintf("common passwords: %v", err)) // the executable is damaged
	}
	lines, err := io.ReadAll(r)
	if err != nil {
		panic(fmt.Sprintf("common passwords: %v", err))
	}
	return wordList(lines)
}

// has finds a whole line by binary search; low and high are always beginnings of lines.
func (l wordList) has(word string) bool {
	low, high := 0, len(l)
	for low < high {
		middle := low + (high-low)/2
		start := low + strings.LastIndexByte(string(l[low:middle]), '\n') + 1
		end := start + strings.IndexByte(string(l[start:]), '\n')
		switch line := string(l[start:end]); {
		case word == line:
			return true
		case word < line:
			high = start
		default:
			low = end + 1
		}
	}
	return false
}
