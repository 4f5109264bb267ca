package access

import (
	"strings"
	"testing"
)

func BenchmarkDiff(b *testing.B) {
	old := tenants(b)
	next := strings.Replace(old, "values: [alice@example.com]", "values: [alice@example.com, mallory@example.com]", 1)
	for b.Loop() {
		diffOf(b, old, next)
	}
}
