package diagnostic

// Codes AP08xx: AccessChecks (pkg/access).
const (
	CheckUnknownField   Code = "AP0802"
	CheckFieldTwice     Code = "AP0803"
	CheckNoValue        Code = "AP0804"
	CheckWrongType      Code = "AP0805"
	CheckWrongValue     Code = "AP0806"
	CheckFieldMissing   Code = "AP0807"
	CheckFieldsConflict Code = "AP0808"
)

var checkCodes = []Entry{
	{CheckUnknownField, Error, "a field does not exist"},
	{CheckFieldTwice, Error, "a field is set twice"},
	{CheckNoValue, Error, "a field has no value"},
	{CheckWrongType, Error, "a value has the wrong type"},
	{CheckWrongValue, Error, "a value is not allowed"},
	{CheckFieldMissing, Error, "a field is missing"},
	{CheckFieldsConflict, Error, "fields of a case contradict each other"},
}
