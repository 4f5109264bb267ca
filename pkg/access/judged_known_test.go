package access

// notConfirmed are the judged lines that change no answer which Istio's code or real proxies have given, and why not. Worlds of testdata/ledger show what
// they decide. A line that a recording or testdata/judged confirms fails the test, so the list can only become shorter.
var notConfirmed = map[string]string{
	"Pods: spec.serviceAccount":                                       "the API server copies it to serviceAccountName before Istio reads the pod",
	"security.istio.io: RequestAuthentication spec.jwtRules.presence": "only Istio 1.32 has the field, and the Go module proxy has no commit of istio.io/istio of that release to run",
}
