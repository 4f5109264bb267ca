package diagnostic

// Codes AP09xx: the command line and how the function is called (cmd, fn).
const (
	UnknownCommand    Code = "AP0901"
	UnknownFlag       Code = "AP0902"
	WrongFlag         Code = "AP0903"
	WrongArguments    Code = "AP0904"
	StdinTwice        Code = "AP0905"
	StdinIsATerminal  Code = "AP0906"
	CannotWrite       Code = "AP0907"
	CannotInstall     Code = "AP0908"
	RenamedCopy       Code = "AP0909"
	ChangedCopy       Code = "AP0910"
	MovedCopy         Code = "AP0911"
	CopyTwice         Code = "AP0912"
	SecondConfig      Code = "AP0913"
	ConfiguredTwice   Code = "AP0914"
	WarningsAreErrors Code = "AP0915"
	FunctionDidNotRun Code = "AP0916"
	CasesFailed       Code = "AP0917"
	NotRendered       Code = "AP0918"
	NoObjects         Code = "AP0919"
	NothingToExplain  Code = "AP0920"
	NoAccessCheck     Code = "AP0921"
	NotAnAccessCheck  Code = "AP0922"
	LockUnreadable    Code = "AP0923"
	IgnoreInvalid     Code = "AP0930"
	IgnoreUnused      Code = "AP0931"
	CaseFailed        Code = "AP0932"
	NotForServe       Code = "AP0940"
	CannotListen      Code = "AP0941"
)

var commandCodes = []Entry{
	{UnknownCommand, Error, "an unknown command"},
	{UnknownFlag, Error, "an unknown flag"},
	{WrongFlag, Error, "a flag with a wrong value, or without one"},
	{WrongArguments, Error, "too few, too many or wrong arguments"},
	{StdinTwice, Error, "stdin is to be read twice"},
	{StdinIsATerminal, Error, "stdin is a terminal"},
	{CannotWrite, Error, "the output cannot be written"},
	{CannotInstall, Error, "the program cannot be installed"},
	{RenamedCopy, Error, "a copy of the AmbientProfile with another name"},
	{ChangedCopy, Error, "a copy of the AmbientProfile with another spec"},
	{MovedCopy, Error, "a copy of the AmbientProfile in another namespace"},
	{CopyTwice, Error, "two copies of the AmbientProfile"},
	{SecondConfig, Error, "another AmbientProfile among the inputs"},
	{ConfiguredTwice, Error, "a namespace in two AmbientProfiles"},
	{WarningsAreErrors, Error, "failOnWarning made warnings errors"},
	{FunctionDidNotRun, Error, "the function did not run before the AccessCheck"},
	{CasesFailed, Error, "cases of an AccessCheck failed"},
	{NotRendered, Error, "a configuration where rendered manifests are expected"},
	{NoObjects, Error, "an input without Kubernetes objects"},
	{NothingToExplain, Error, "an input that has nothing to judge"},
	{NoAccessCheck, Error, "a file without AccessChecks"},
	{NotAnAccessCheck, Error, "another object where an AccessCheck is expected"},
	{LockUnreadable, Error, "a lock file that cannot be read"},
	{IgnoreInvalid, Warning, "an annotation that ignores findings and cannot be read"},
	{IgnoreUnused, Info, "an annotation ignores what is not found"},
	{CaseFailed, Error, "a case or a claim of an AccessCheck failed"},
	{NotForServe, Error, "a configuration that says what serve cannot do"},
	{CannotListen, Error, "an address that serve cannot listen on"},
}
