package diagnostic

import "strings"

// Closest is the known name that was probably meant by a mistyped one, or "".
func Closest(mistyped string, known []string) string {
	best, distance := "", 3
	for _, name := range known {
		if d := editDistance(strings.ToLower(name), strings.ToLower(mistyped)); d < distance {
			best, distance = name, d
		}
	}
	return best
}

// Resembling is Closest among the names of objects, which may be short: at most one letter in three differs.
func Resembling(name string, known []string) string {
	best := Closest(name, known)
	if 3*editDistance(strings.ToLower(best), strings.ToLower(name)) > min(len(best), len(name)) {
		return ""
	}
	return best
}

// editDistance counts the insertions, deletions and replacements between two names (Levenshtein).
func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
