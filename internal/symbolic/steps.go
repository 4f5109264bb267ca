package symbolic

// What a question costs, and what all questions of a pool do, is bounded in steps and not in time: the same manifests have the same answer on
// every machine. One step is about what it takes to compare two boxes, some tens of nanoseconds. A question that comes to a limit leaves the others of its
// pool a quarter: they are likely to come to one, too.
const (
	stepsOfRun      = 1000
	stepsOfQuestion = 40_000_000  // for each part of its answer
	stepsOfPool     = 200_000_000 // for all questions about one subject
	fewSteps        = 1_000_000   // that a question may take in any case
)

// Renew has the space begin with another part of the answer.
func (s *Space) Renew() { s.left = max(fewSteps, min(stepsOfQuestion, s.pool.left)) }

// spend takes steps and reports whether some are left.
func (s *Space) spend(n int) bool {
	s.left, s.pool.left, s.pool.taken = s.left-n, s.pool.left-n, s.pool.taken+n
	return s.left > 0
}

// Steps is how many a pool has taken.
func (p *Pool) Steps() int { return p.taken }
