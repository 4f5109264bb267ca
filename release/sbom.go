package main

import (
	"debug/buildinfo"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// sbom lists what is linked into the binary, as Go wrote it there (CycloneDX).
func (r release) sbom(name, binary string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{
		Timestamp: r.date.Format("2006-01-02T15:04:05Z"),
		Component: &cdx.Component{
			BOMRef: "ambient-profile", Type: cdx.ComponentTypeApplication, Name: "ambient-profile", Version: r.version,
			PackageURL: "pkg:golang/" + info.Main.Path + "@" + r.version,
			Licenses:   &cdx.Licenses{{License: &cdx.License{ID: "Apache-2.0"}}},
			Properties: &[]cdx.Property{{Name: "commit", Value: r.commit}},
		},
	}
	modules := []cdx.Component{module("std", strings.TrimPrefix(info.GoVersion, "go"))}
	refs := []string{modules[0].BOMRef}
	for _, dep := range info.Deps {
		m := linked(dep)
		modules = append(modules, module(m.Path, m.Version))
		refs = append(refs, modules[len(modules)-1].BOMRef)
	}
	slices.Sort(refs)
	bom.Components = &modules
	bom.Dependencies = &[]cdx.Dependency{{Ref: "ambient-profile", Dependencies: &refs}}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	err = cdx.NewBOMEncoder(file, cdx.BOMFileFormatJSON).SetPretty(true).Encode(bom)
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}

// linked is the module that is in the binary: its replacement, where go.mod names one.
func linked(m *debug.Module) *debug.Module {
	if m.Replace != nil {
		return m.Replace
	}
	return m
}

func module(path, version string) cdx.Component {
	url := "pkg:golang/" + path + "@" + version
	return cdx.Component{BOMRef: url, Type: cdx.ComponentTypeLibrary, Name: path, Version: version, PackageURL: url, Scope: cdx.ScopeRequired}
}
