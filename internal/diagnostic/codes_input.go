package diagnostic

// Codes AP01xx: bytes, files and YAML that cannot be read (internal/manifest).
const (
	CannotRead          Code = "AP0101"
	NotUTF8             Code = "AP0102"
	ByteOrderMark       Code = "AP0103"
	Directive           Code = "AP0104"
	InvalidYAML         Code = "AP0105"
	TabIndentation      Code = "AP0106"
	NeverClosed         Code = "AP0107"
	HiddenDocument      Code = "AP0108"
	EmptyConfig         Code = "AP0109"
	SecondDocument      Code = "AP0110"
	BinaryValue         Code = "AP0111"
	WrongTag            Code = "AP0112"
	UnknownAlias        Code = "AP0113"
	ExpandingAliases    Code = "AP0114"
	KeyNotAString       Code = "AP0115"
	DuplicateKey        Code = "AP0116"
	RewrittenKey        Code = "AP0117"
	MergeWithoutMap     Code = "AP0118"
	MergeOverrides      Code = "AP0119"
	ItemsInAnObject     Code = "AP0120"
	ListedNoObject      Code = "AP0121"
	ListedWithoutKind   Code = "AP0122"
	NoResourceList      Code = "AP0123"
	WrongResourceList   Code = "AP0124"
	NoFunctionConfig    Code = "AP0126"
	NotAMap             Code = "AP0127"
	TemplateNotRendered Code = "AP0128"
	PartialList         Code = "AP0129"
)

var inputCodes = []Entry{
	{CannotRead, Error, "a file or stdin cannot be read"},
	{NotUTF8, Error, "the input is not UTF-8"},
	{ByteOrderMark, Error, "a byte order mark inside a file"},
	{Directive, Error, "a YAML directive"},
	{InvalidYAML, Error, "the input is not valid YAML"},
	{TabIndentation, Error, "a tab in the indentation"},
	{NeverClosed, Error, "a bracket or a quote that is never closed"},
	{HiddenDocument, Error, "a document that does not begin with a line ---"},
	{EmptyConfig, Error, "a configuration file without an AmbientProfile"},
	{SecondDocument, Error, "a second document in a configuration file"},
	{BinaryValue, Error, "a value that is encoded as !!binary"},
	{WrongTag, Error, "a tag that YAML parsers disagree on"},
	{UnknownAlias, Error, "an alias that refers to nothing in its object"},
	{ExpandingAliases, Error, "aliases that multiply values"},
	{KeyNotAString, Error, "a key that is not a string"},
	{DuplicateKey, Error, "a key that is set twice"},
	{RewrittenKey, Error, "a key that kubectl changes"},
	{MergeWithoutMap, Error, "a merge key that does not refer to a map"},
	{MergeOverrides, Error, "a merge key that overrides a key"},
	{ItemsInAnObject, Error, "an object that kubectl takes for a list"},
	{ListedNoObject, Error, "an item of a list that is not an object"},
	{ListedWithoutKind, Error, "an item of a list without kind or apiVersion"},
	{NoResourceList, Error, "stdin does not hold a ResourceList"},
	{WrongResourceList, Error, "a ResourceList that is not as the KRM functions specification has it"},
	{NoFunctionConfig, Error, "a ResourceList without a configuration of the function"},
	{NotAMap, Error, "a field of the input that must be a map"},
	{TemplateNotRendered, Error, "a template that was not rendered, or a variable that was not replaced"},
	{PartialList, Error, "a part of a list, or objects without their content"},
}
