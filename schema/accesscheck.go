package main

import (
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// The form of an AccessCheck around the types that the referee decides on; a test compares it with
// what access.ParseCheck takes.

// AccessCheck says who may reach what, and must come out so.
type AccessCheck struct {
	APIVersion string           `yaml:"apiVersion"`
	Kind       string           `yaml:"kind"`
	Metadata   profile.Metadata `yaml:"metadata"`
	Spec       AccessCheckSpec  `yaml:"spec"`
}

// AccessCheckSpec holds at least one case or claim.
type AccessCheckSpec struct {
	Cases []AccessCase   `yaml:"cases"`
	Never []access.Never `yaml:"never"`
	Only  []access.Only  `yaml:"only"`
}

// AccessCase is one request, and what must become of it.
type AccessCase struct {
	// Name of the case, a sentence.
	Name    string         `yaml:"name"`
	From    access.From    `yaml:"from"`
	To      access.To      `yaml:"to"`
	Request access.Request `yaml:"request"`
	// Expect is allow or deny; what the referee cannot judge is neither, and fails.
	Expect string `yaml:"expect"`
}

var accessRules = map[string]Schema{
	"AccessCheckSpec.Cases": {MinItems: 1},
	"AccessCheckSpec.Never": {MinItems: 1},
	"AccessCheckSpec.Only":  {MinItems: 1},
	"Never.Each":            oneOf("profile"),
	"Only.Each":             oneOf("profile"),
	"Only.Who":              {MinItems: 1},
	"Who.Token":             {Pattern: "^[^/]+/[^/]+$"}, // the namespace may be $profile
	"Who.ServiceAccount":    {Pattern: "^[^/]+/[^/]+$"},
	"AccessCase.Expect":     oneOf("allow", "deny"),
	"From.Token":            aReference,
	"From.Audiences":        {MinItems: 1},
	"JWT.Audiences":         {MinItems: 1},
	"From.ServiceAccount":   aReference,
	"Request.Path":          {Pattern: "^/"},
	"Request.Port":          aPort,
}

// elsewhere are fields of the Go types that a case has next to them, not in them.
var elsewhere = map[string]bool{"Request.From": true, "Request.To": true}
