package main

import "github.com/kubeflow-ambient/ambient-profile/pkg/profile"

// What pkg/profile checks beyond types, as far as a schema can say it; a test sees to it that both
// refuse the same. The rest (names that collide, fields that contradict each other) only the
// function knows.

const (
	oneValue  = `^[^*\s]([^*]*[^*\s])?$` // no pattern of Istio's, no blank that HTTP trims
	oneOrNone = `^([^*\s]([^*]*[^*\s])?)?$`
)

var (
	aLabel     = Schema{Pattern: profile.LabelPattern, MaxLength: 63}
	aSubdomain = Schema{Pattern: profile.SubdomainPattern, MaxLength: 253}
	aReference = Schema{Pattern: profile.NamespacedPattern}
	aUser      = Schema{Pattern: oneValue, MaxLength: 320}
	aValue     = Schema{Pattern: oneValue}
	aHeader    = Schema{Pattern: profile.HeaderPattern, MaxLength: 256}
	aPort      = Schema{Maximum: 65535}
	aSet       = Schema{UniqueItems: true}
)

func oneOf(values ...any) Schema { return Schema{Enum: values} }

// required are the fields that an AccessCheck cannot be without; those of an AmbientProfile have a tag.
var required = map[string]bool{
	"AccessCheck.APIVersion": true, "AccessCheck.Kind": true, "AccessCheck.Metadata": true, "AccessCheck.Spec": true,
	"AccessCase.Name": true, "AccessCase.From": true, "AccessCase.To": true, "AccessCase.Expect": true, "To.Namespace": true, "JWT.Issuer": true,
	"Never.Name": true, "Never.To": true, "Only.Name": true, "Only.To": true, "Only.Who": true, "Place.Namespace": true,
}

var profileRules = map[string]Schema{
	"Metadata.Name":                 aSubdomain,
	"Spec.Profiles":                 {MinItems: 1},
	"Profile.Name":                  aLabel,
	"Profile.ServiceAccounts":       aSet,
	"Profile.ServiceAccounts[]":     {Pattern: profile.AccountPattern},
	"Owner.Kind":                    oneOf("User", "ServiceAccount", "Group"),
	"Owner.Name":                    aUser,
	"Contributor.Kind":              oneOf("User", "Group"),
	"Contributor.Name":              aUser,
	"Contributor.Role":              oneOf("admin", "edit", "view"),
	"Notebook.Name":                 aLabel,
	"Notebook.Rewrite":              {Pattern: profile.PathPattern},
	"Identity.TrustDomain":          {Pattern: profile.TrustDomainPattern, MaxLength: 255},
	"Identity.UserIDHeader":         aHeader,
	"Identity.UserIDPrefix":         {Pattern: oneOrNone},
	"Identity.GroupsHeader":         aHeader,
	"Identity.GroupsClaim":          {Pattern: profile.ClaimPattern, MaxLength: 256},
	"Identity.SessionIssuers":       {MinItems: 1, UniqueItems: true},
	"Identity.SessionIssuers[]":     aValue,
	"Identity.LoginPaths":           aSet,
	"Identity.LoginPaths[]":         {Pattern: profile.LoginPathPattern, MaxLength: 1024},
	"Components.PipelinesUI":        aReference,
	"Components.PipelinesAPI":       aReference,
	"Components.NotebookController": aReference,
	"Ingress.Gateway":               aReference,
	"Ingress.ServiceAccount":        aSubdomain,
	"Waypoint.Seccomp":              oneOf("RuntimeDefault"),
	"Waypoint.Name":                 {Pattern: profile.ServicePattern, MaxLength: 63},
	"Waypoint.VerifyTokensFor":      {MinItems: 1, UniqueItems: true},
	"Waypoint.VerifyTokensFor[]":    aLabel,
	"Access.OpenPaths":              aSet,
	"Access.OpenPaths[]":            {Pattern: profile.PathPattern, MaxLength: 1024},
	"Scraper.ServiceAccount":        aReference,
	"Scraper.Ports":                 {MinItems: 1, UniqueItems: true},
	"Scraper.Ports[]":               aPort,
	"Cluster.RootNamespace":         aLabel,
	"Cluster.Controllers":           oneOf("Keep", "Restrict"),
	"Tokens.Issuers":                {MinItems: 1, UniqueItems: true},
	"Tokens.Issuers[]":              aValue,
	"Tokens.Audiences":              {MinItems: 1, UniqueItems: true},
	"Tokens.Audiences[]":            {Pattern: `^\*$|` + oneValue},
	"JWKS.Source":                   oneOf("Proxy", "Issuer", "URI"),
	"JWKS.Image":                    {Pattern: profile.ImagePattern, MaxLength: 512},
	"JWKS.URI":                      {Pattern: `^https?://.`, MaxLength: 2048},
	"KServe.Namespace":              aLabel,
	"KServe.Ports":                  aSet,
	"KServe.Ports[]":                aPort,
	"KServe.DeploymentMode":         oneOf("RawDeployment", "Standard"),
}
