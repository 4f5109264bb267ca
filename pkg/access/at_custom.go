package access

// authorization is what CUSTOM policies come to at one point. Where no ruling has a point they stop nobody.
type authorization struct {
	ruling
	asked    verdict3 // whether an authorizer is asked about a session
	by       string   // the policy that asks it
	provider string
}

// judgeCustom applies CUSTOM policies, which come before everything else and see the request as it was before they change it. What an
// external authorizer answers is not in the manifests: a matching rule is NOT JUDGED, except that a session (from.user) is what such an
// authorizer looks for, so that it is asked and no more is said.
func (w *World) judgeCustom(point Point, policies []*policy, a *attributes, session bool) (out authorization) {
	several := severalProviders(policies)
	for _, p := range policies {
		if p.action != custom {
			continue
		}
		denies := w.deniesCustom(p, several)
		defined := w.mesh.providers[p.provider]
		if p.bad == nil && denies == "" && a.tcp && defined.kind == httpAuthorizer {
			continue // TCP cannot be shown to it, and passes (authz/builder buildTCP)
		}
		a.doubt = doubt{}
		m, i := w.matchPolicy(l7, p, a)
		step := p.step(point, i, a.doubt)
		passes := session && p.bad == nil && denies == "" && defined.bad == ""
		switch {
		case m == no:
			continue
		case m == yes && denies != "":
			step.Why = denies
			out.ruling = ruling{outcome: Deny, Step: step}
			return out
		case m > out.asked && session:
			out.asked, out.by, out.provider = m, p.id(), p.provider
		}
		switch {
		case passes:
			continue
		case defined.bad != "":
			step.Why = "meshConfig: the provider " + p.provider + " is malformed: " + defined.bad
		case m == yes:
			step.Why = "the authorizer " + p.provider + " decides"
		}
		out.ruling = ruling{outcome: NotJudged, Step: step}
	}
	if out.Point.Kind == "" {
		out.outcome = Allow
	}
	return out
}

// deniesCustom says why a policy denies what it matches without asking anybody, "" where it asks (authz/builder getBadCustomDenyRules): its
// provider is none that meshConfig defines, or the point has policies of several, which Istio takes only with
// PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS.
func (w *World) deniesCustom(p *policy, several bool) string {
	switch {
	case several:
		return "CUSTOM policies of several providers meet here, which denies"
	case w.mesh.stated && w.mesh.providers[p.provider].kind == noAuthorizer:
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
