package access

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed set_alike_words.txt
var meaningfulWords string

// meaningful are the words that the code compares with, or makes up. A test holds them to the sources.
var meaningful = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for _, word := range strings.Fields(meaningfulWords) {
		out[word] = true
	}
	return out
})
