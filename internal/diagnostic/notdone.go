package diagnostic

// NotDone is an error that says nothing about the content: wrong arguments, a file that cannot be
// read, an output that cannot be written, or an input in which there is nothing to judge.
type NotDone struct{ Err error }

func (e NotDone) Error() string { return e.Err.Error() }

// Unwrap is the error itself.
func (e NotDone) Unwrap() error { return e.Err }

// Undone is err as a NotDone; nil stays nil.
func Undone(err error) error {
	if err == nil {
		return nil
	}
	return NotDone{err}
}
