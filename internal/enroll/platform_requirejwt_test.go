package enroll

import (
	"slices"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// A policy that asks for a token everywhere but on the login's paths and on exact ones is kept;
// whatever asks for less is not enough.
func TestExemptPaths(t *testing.T) {
	const anonymous = "from: [{source: {notRequestPrincipals: ['*']}}]"
	for rules, want := range map[string]struct {
		exempt []string
		strict bool
	}{
		"[{" + anonymous + ", to: [{operation: {notPaths: [/dex/*, '/dex/**', /oauth2/*]}}]}]":             {nil, true},
		"[{" + anonymous + ", to: [{operation: {notPaths: ['/dex/{*}', /dex/auth*, /oauth2/callback]}}]}]": {nil, true},
		"[{" + anonymous + "}]":                       {nil, true},
		"[{to: [{operation: {notPaths: [/dex/*]}}]}]": {nil, true},
		"[{from: [{source: {notRequestPrincipals: [https://a/*, https://b/*]}}], to: [{operation: {notPaths: [/dex/*]}}]}]":    {nil, true},
		"[{" + anonymous + ", to: [{operation: {notPaths: [/dex/*, /status, /api/health]}}]}]":                                 {[]string{`"/status"`, `"/api/health"`}, true},
		"[{" + anonymous + ", to: [{operation: {notPaths: [/a, /b]}}, {operation: {notPaths: [/b, /c]}}]}]":                    {[]string{`"/b"`}, true},
		"[{" + anonymous + ", to: [{operation: {notPaths: [/a]}}]}, {" + anonymous + ", to: [{operation: {notPaths: [/b]}}]}]": {nil, true},
		"[{" + anonymous + ", to: [{operation: {notPaths: [/a]}}]}, {to: [{operation: {paths: [/never]}}]}]":                   {[]string{`"/a"`}, true},
		"[{from: [{source: {requestPrincipals: ['*']}}, {source: {notRequestPrincipals: ['*']}}]}]":                            {nil, true},
		"[{" + anonymous + ", to: [{operation: {notPaths: [/dex/a, /oauth2/*, /logout]}}]}]":                                   {nil, true},
		"[{" + anonymous + ", to: [{operation: {notPaths: [/dex/*, /logout*]}}]}]":                                             {nil, false},
		"[{" + anonymous + ", to: [{operation: {notPaths: [/logout2]}}]}]":                                                     {[]string{`"/logout2"`}, true},

		"[]":   {nil, false},
		"null": {nil, false},
		"[{" + anonymous + ", to: [{operation: {notPaths: [/dex/*, /api/*]}}]}]":                                                            {nil, false},
		"[{" + anonymous + ", to: [{operation: {notPaths: [/dex*]}}]}]":                                                                     {nil, false},
		"[{" + anonymous + ", to: [{operation: {notPaths: ['*']}}]}]":                                                                       {nil, false},
		"[{" + anonymous + ", to: [{operation: {notPaths: ['*/dex/']}}]}]":                                                                  {nil, false},
		"[{" + anonymous + ", to: [{operation: {notPaths: ['{**}']}}]}]":                                                                    {nil, false},
		"[{" + anonymous + ", to: [{operation: {notPaths: ['/{*}/status']}}]}]":                                                             {nil, false},
		"[{" + anonymous + ", to: [{operation: {paths: [/api/*]}}]}]":                                                                       {nil, false},
		"[{" + anonymous + ", to: [{operation: {notPaths: [/dex/*], notMethods: [OPTIONS]}}]}]":                                             {nil, false},
		"[{" + anonymous + ", to: [{operation: {notPaths: [/dex/*], methods: [GET]}}]}]":                                                    {nil, false},
		"[{" + anonymous + ", to: [{operation: {notPaths: [/dex/*], hosts: [a.example.com]}}]}]":                                            {nil, false},
		"[{" + anonymous + ", to: [{operation: {notPaths: [/dex/*], ports: ['80']}}]}]":                                                     {nil, false},
		"[{" + anonymous + ", when: [{key: 'request.headers[authorization]', notValues: ['*']}], to: [{operation: {notPaths: [/dex/*]}}]}]": {nil, false},
		"[{from: [{source: {notRequestPrincipals: ['*'], notIpBlocks: [10.0.0.0/8]}}], to: [{operation: {notPaths: [/dex/*]}}]}]":           {nil, false},
		"[{from: [{source: {notRequestPrincipals: []}}]}]":                                                                                  {nil, false},
		"[{from: [{source: {requestPrincipals: ['*']}}]}]":                                                                                  {nil, false},
	} {
		exempt, strict := exemptPaths(&generate.Platform{LoginPaths: []string{"/dex/*", "/oauth2/*", "/logout"}}, yaml.MustParse("rules: "+rules+"\n").YNode())
		if strict != want.strict || strict && !slices.Equal(exempt, want.exempt) {
			t.Errorf("%s: exempt %v, strict %v; want %v, %v", rules, exempt, strict, want.exempt, want.strict)
		}
	}
}
