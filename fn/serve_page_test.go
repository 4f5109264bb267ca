package fn

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	metricName  = regexp.MustCompile(`(?m)^# TYPE (\w+)`)
	outcomeName = regexp.MustCompile(`outcome="(\w+)"`)
	codeWord    = regexp.MustCompile("`(\\w+)`")
	// logCall is a message of the log with its fields, and logFields are fields that are added to one.
	logCall   = regexp.MustCompile(`\.(?:Info|Warn|Log)\((?:ctx, level, )?"(\w+)"(.*)`)
	logFields = regexp.MustCompile(`attributes.* (?:= append\(attributes, |\[\]any\{)(.*)`)
	fieldName = regexp.MustCompile(`"(\w+)", `)
)

// tableOf are the words in backticks of each row of the table with a head, by those of its first cell.
func tableOf(t *testing.T, page, head string) map[string][]string {
	t.Helper()
	_, after, found := strings.Cut(page, "\n"+head+"\n")
	if !found {
		t.Fatalf("no table %s", head)
	}
	rows := map[string][]string{}
	for line := range strings.Lines(after) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			break
		}
		var words []string
		for _, m := range codeWord.FindAllStringSubmatch(strings.Join(cells[2:], "|"), -1) {
			words = append(words, m[1])
		}
		for _, m := range codeWord.FindAllStringSubmatch(cells[1], -1) {
			rows[m[1]] = words
		}
	}
	return rows
}

// docs/runtime.md has every metric, outcome and field of the log that there is, and no other.
func TestRuntimePageIsComplete(t *testing.T) {
	page := read(t, "../docs/runtime.md")
	recorder := httptest.NewRecorder()
	hook(t, serveConfig).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for head, name := range map[string]*regexp.Regexp{"| metric | what it counts |": metricName, "| `outcome` | status | what it means |": outcomeName} {
		var want []string
		for _, m := range name.FindAllStringSubmatch(recorder.Body.String(), -1) {
			want = append(want, m[1])
		}
		slices.Sort(want)
		if got := slices.Sorted(maps.Keys(tableOf(t, page, head))); len(want) < 3 || !slices.Equal(got, want) {
			t.Errorf("%s has %q, want %q", head, got, want)
		}
	}

	want := map[string][]string{}
	for _, file := range must(filepath.Glob("../internal/serve/*.go")) {
		for line := range strings.Lines(read(t, file)) {
			message := "sync"
			fields := ""
			if m := logCall.FindStringSubmatch(line); m != nil {
				message, fields = m[1], m[2]
			} else if m := logFields.FindStringSubmatch(line); m != nil {
				fields = m[1]
			} else {
				continue
			}
			want[message] = slices.Concat(want[message], nil)
			for _, m := range fieldName.FindAllStringSubmatch(fields, -1) {
				want[message] = append(want[message], m[1])
			}
		}
	}
	got := tableOf(t, page, "| `msg` | fields |")
	for message := range want {
		if _, found := got[message]; !found {
			t.Errorf("the page does not have the message %s", message)
		}
	}
	for message, fields := range got {
		fields = slices.DeleteFunc(slices.Clone(fields), func(word string) bool { return word == "malformed" }) // an outcome
		slices.Sort(fields)
		slices.Sort(want[message])
		if !slices.Equal(fields, want[message]) {
			t.Errorf("the message %s has the fields %q, and on the page %q", message, want[message], fields)
		}
		if _, found := want[message]; !found || len(want["sync"]) < 6 {
			t.Errorf("the page has the message %s, and the code %q", message, want)
		}
	}
}
