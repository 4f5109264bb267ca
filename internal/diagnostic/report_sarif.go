package diagnostic

import (
	"io"
	"strings"
)

// Types of SARIF 2.1.0 (OASIS), as far as they are used here.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      Code          `json:"id"`
		Short   sarifText     `json:"shortDescription"`
		HelpURI string        `json:"helpUri"`
		Default sarifDefaults `json:"defaultConfiguration"`
	}
	sarifDefaults struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID       Code               `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations,omitempty"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		Line   int `json:"startLine"`
		Column int `json:"startColumn,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
)

const pages = "https://github.com/kubeflow-ambient/ambient-profile"

// WriteSARIF writes a SARIF 2.1.0 log, for code scanning. What is ignored is in it as suppressed.
func (r Report) WriteSARIF(w io.Writer) error {
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: "ambient-profile", InformationURI: pages, Rules: []sarifRule{}}},
		ColumnKind: "unicodeCodePoints", Results: []sarifResult{},
	}
	index := map[Code]int{}
	add := func(d Diagnostic, suppressed []sarifSuppression) {
		at, known := index[d.Code]
		if !known {
			at = len(run.Tool.Driver.Rules)
			index[d.Code] = at
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, d.Code.sarif())
		}
		run.Results = append(run.Results, sarifResult{
			RuleID: d.Code, RuleIndex: at, Level: d.Severity().sarif(), Message: sarifText{d.sentence()},
			Locations: d.sarifLocations(), Suppressions: suppressed,
		})
	}
	for _, d := range r.Findings {
		add(d, nil)
	}
	for _, d := range r.Ignored {
		add(d.Diagnostic, []sarifSuppression{{"inSource", Visible(d.Reason)}})
	}
	return WriteJSON(w, sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

func (c Code) sarif() sarifRule {
	e := c.entry()
	return sarifRule{c, sarifText{e.About}, c.page(), sarifDefaults{e.Severity.sarif()}}
}

// page is where a code is explained.
func (c Code) page() string {
	return pages + "/blob/main/docs/messages.md#" + strings.ToLower(string(c))
}

func (s Severity) sarif() string { return [...]string{"error", "warning", "note"}[s] }

// sentence is the message with the object and the field that it is about, without its place.
func (d Diagnostic) sentence() string {
	if subject := d.subject(); subject != "" {
		return Visible(subject + ": " + d.Message())
	}
	return Visible(d.Message())
}

func (d Diagnostic) sarifLocations() []sarifLocation {
	var l sarifLocation
	if d.Position.File != "" {
		l.Physical = &sarifPhysical{Artifact: sarifArtifact{uri(d.Position.File)}}
		if d.Position.Line > 0 {
			l.Physical.Region = &sarifRegion{d.Position.Line, d.Position.Column}
		}
	}
	if name := d.Object.String(); name != "" {
		l.Logical = []sarifLogical{{Visible(name), "object"}}
	}
	if l.Physical == nil && l.Logical == nil {
		return nil
	}
	return []sarifLocation{l}
}
