package diagnostic

// Codes AP07xx: what the referee finds in manifests (pkg/access).
const (
	RulesLost Code = "AP0701"
)

var refereeCodes = []Entry{
	{RulesLost, Warning, "ztunnel does not enforce rules of a policy as they are written"},
}
