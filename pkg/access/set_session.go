package access

import (
	"maps"
	"strings"
)

// saying is who and what a line is about. session is that of a token's line as one of the user with a session, "" for none.
type saying struct {
	kind               clientKind
	who, what, session string
}

// isOf reports whether another line, with the same outcome by the same rules, says what one about tokens does: of the session with the token, or of pods
// whatever they carry.
func (s saying) isOf(o saying) bool {
	switch s.kind {
	case aJWT:
		return o.kind == aUser && s.session != "" && s.session == o.who+"|"+o.what
	case aPodToken, aPodJWT:
		return o.kind == aPod && o.what == s.what && strings.HasPrefix(s.who, o.who+" with a token of ")
	}
	return false
}

// sessionOf is the line about the user with a session that has the requests of one about tokens, "" for none.
func (l *line) sessionOf(w *World) string {
	if l.q.kind != aJWT {
		return ""
	}
	lex := w.lexicon()
	user, ok := strings.CutPrefix(l.on(lex, claimAxis+"email"), "text:")
	if !ok || strings.ContainsAny(user, " ,") || !w.issuerCopies(l.q.from.JWT.Issuer, "email") {
		return ""
	}
	short := *l
	short.says = maps.Clone(l.says)
	for _, axis := range []string{subjectAxis, audienceAxis, claimAxis + "email"} {
		delete(short.says, axis)
	}
	return "user " + user + "|" + short.what(lex)
}
