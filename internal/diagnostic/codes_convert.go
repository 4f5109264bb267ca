package diagnostic

// Codes AP04xx: policies of the sidecar era that are converted (internal/enroll).
const (
	RulesNotConverted Code = "AP0401"
)

var convertCodes = []Entry{
	{RulesNotConverted, Warning, "rules of a policy are not enforced as they are written"},
}
