package question

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Row is one question with both answers.
type Row struct {
	Case    Case
	Referee Verdict
	Real    string
	Said    string
}

// Differs: the referee is wrong. NOT JUDGED is not wrong, and is counted.
func (r Row) Differs() bool { return r.Referee.Got != NotJudged && r.Referee.Got != r.Real }

// NotJudged is the referee's third answer.
const NotJudged = "not-judged"

func (r Row) String() string {
	return fmt.Sprintf("%s: proxies %s (%s), referee %s (%s)", r.Case, r.Real, r.Said, r.Referee.Got, r.Referee.By)
}

// Table is a comparison.
type Table struct {
	Rows       []Row
	AskedAgain int // questions whose first answer was not yet that of the present world
	Took       time.Duration
}

// Ask sends every case to the proxies. verdicts are the referee's, in the same order.
func (a *Asker) Ask(ctx context.Context, cases []Case, verdicts []Verdict) (Table, error) {
	began := time.Now()
	if err := a.spend(ctx, cases); err != nil {
		return Table{}, err
	}
	t := Table{Rows: make([]Row, len(cases))}
	var outside, inside []*Row
	for i, c := range cases {
		t.Rows[i] = Row{Case: c, Referee: verdicts[i]}
		if c.From.throughIngress() {
			outside = append(outside, &t.Rows[i])
		} else {
			inside = append(inside, &t.Rows[i])
		}
	}
	// One after another at the ingress: so there is one connection to each waypoint, and spend has used it up.
	done := make(chan error, 1)
	go func() { done <- a.answers(ctx, inside) }()
	if err := errors.Join(a.answers(ctx, outside), <-done); err != nil {
		return t, err
	}
	// A difference must last. One that disappears came from the previous world, over a connection that was still open.
	for range 3 {
		var differ []*Row
		for i := range t.Rows {
			if t.Rows[i].Differs() {
				differ = append(differ, &t.Rows[i])
			}
		}
		if len(differ) == 0 || len(differ) > len(cases)/10 { // sabotage is not a matter of time
			break
		}
		time.Sleep(300 * time.Millisecond)
		if err := a.answers(ctx, differ); err != nil {
			return t, err
		}
		for _, r := range differ {
			if !r.Differs() {
				t.AskedAgain++
			}
		}
	}
	t.Took = time.Since(began)
	return t, nil
}

func (a *Asker) answers(ctx context.Context, rows []*Row) (err error) {
	for _, r := range rows {
		if r.Real, r.Said, err = a.Real(ctx, r.Case); err != nil {
			return fmt.Errorf("%s: %w", r.Case, err)
		}
	}
	return nil
}

// spend sends one request along each way through the ingress: a connection that is still open from the gateway to a
// waypoint is judged once more by the policies of the world before.
func (a *Asker) spend(ctx context.Context, cases []Case) error {
	spent := map[string]bool{}
	for _, c := range cases {
		way := c.To.Namespace + "/" + c.To.Service
		if !c.From.throughIngress() || c.From.User == "" && c.From.Token == "" || spent[way] {
			continue
		}
		spent[way] = true
		for range 2 {
			if _, err := a.send(ctx, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// Counts of a table.
type Counts struct{ Cases, Allowed, Differ, NotJudged, AskedAgain int }

// Count sums a table up.
func (t Table) Count() Counts {
	n := Counts{Cases: len(t.Rows), AskedAgain: t.AskedAgain}
	for _, r := range t.Rows {
		if r.Real == "allow" {
			n.Allowed++
		}
		if r.Differs() {
			n.Differ++
		}
		if r.Referee.Got == NotJudged {
			n.NotJudged++
		}
	}
	return n
}

// Add sums up over tables.
func (n *Counts) Add(m Counts) {
	n.Cases += m.Cases
	n.Allowed += m.Allowed
	n.Differ += m.Differ
	n.NotJudged += m.NotJudged
	n.AskedAgain += m.AskedAgain
}

// Differences are the rows in which the referee is wrong.
func (t Table) Differences() []Row {
	var all []Row
	for _, r := range t.Rows {
		if r.Differs() {
			all = append(all, r)
		}
	}
	return all
}

// NotJudged groups the rows that the referee does not judge by what it says.
func (t Table) NotJudged() map[string][]Row {
	all := map[string][]Row{}
	for _, r := range t.Rows {
		if r.Referee.Got == NotJudged {
			all[r.Referee.By] = append(all[r.Referee.By], r)
		}
	}
	return all
}
