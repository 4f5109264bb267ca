package access

// authorizer is a kind of external authorizer that meshConfig defines.
type authorizer uint8

const (
	noAuthorizer authorizer = iota
	httpAuthorizer
	grpcAuthorizer
)

// judgeCustom applies CUSTOM policies, which come before everything else. What an external authorizer answers is not in the manifests: a
// matching rule is NOT JUDGED, except that a session (from.user) is what such an authorizer looks for and passes, which is assumed.
func (w *World) judgeCustom(point Point, policies []*policy, a *attributes, session bool) (out ruling, assumed string) {
	several := severalProviders(policies)
	for _, p := range policies {
		if p.action != custom {
			continue
		}
		denies := w.deniesCustom(p, several)
		if p.bad == nil && denies == "" && a.tcp && w.mesh.providers[p.provider] == httpAuthorizer {
			continue // TCP cannot be shown to it, and passes (authz/builder buildTCP)
		}
		a.doubt = doubt{}
		m, i := w.matchPolicy(l7, p, a)
		step := p.step(point, i, a.doubt)
		switch {
		case m == no:
			continue
		case m == yes && denies != "":
			step.Why = denies
			return ruling{outcome: Deny, Step: step}, assumed
		case p.bad == nil && denies == "" && session:
			assumed = "the authorizer " + p.provider + " lets a session pass"
			continue
		case m == yes:
			step.Why = "the authorizer " + p.provider + " decides"
		}
		out = ruling{outcome: NotJudged, Step: step}
	}
	if out.Point.Kind == "" {
		out.outcome = Allow
	}
	return out, assumed
}

// deniesCustom says why a policy denies what it matches without asking anybody, "" where it asks (authz/builder getBadCustomDenyRules): its
// provider is none that meshConfig defines, or the point has policies of several, which Istio takes only with
// PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS.
func (w *World) deniesCustom(p *policy, several bool) string {
	switch {
	case several:
		return "CUSTOM policies of several providers meet here, which denies"
	case w.mesh.stated && w.mesh.providers[p.provider] == noAuthorizer:
		return "meshConfig defines no provider " + p.provider + ", which denies"
	}
	return ""
}

func severalProviders(policies []*policy) bool {
	provider := ""
	for _, p := range policies {
		if p.action != custom || p.bad != nil {
			continue
		}
		if provider != "" && p.provider != provider {
			return true
		}
		provider = p.provider
	}
	return false
}
