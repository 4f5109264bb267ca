package access

// What the API server takes of a policy: the fields of its CRD with their types and limits, one a line (istio.io/api 1.30.8, 1.31.4 and 1.32.0:
// kubernetes/customresourcedefinitions.gen.yaml, the same in all three and in v1 and v1beta1; only presence is of 1.32 alone). A test compares
// them with the pinned module.
const (
	selectorCRD = `spec.selector object
spec.selector.matchLabels object maxProperties=4096
spec.selector.matchLabels{} string maxLength=63
`
	targetRefsCRD = `spec.targetRef object
spec.targetRef.group string maxLength=253 pattern=^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$
spec.targetRef.kind string maxLength=63 minLength=1 pattern=^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$
spec.targetRef.name string maxLength=253 minLength=1
spec.targetRef.namespace string
spec.targetRefs array maxItems=16
spec.targetRefs[] object
spec.targetRefs[].group string maxLength=253 pattern=^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$
spec.targetRefs[].kind string maxLength=63 minLength=1 pattern=^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$
spec.targetRefs[].name string maxLength=253 minLength=1
spec.targetRefs[].namespace string
`
	authorizationPolicyCRD = `
spec object
spec.action string enum=ALLOW,DENY,AUDIT,CUSTOM
spec.provider object
spec.provider.name string
spec.rules array maxItems=512
spec.rules[] object
spec.rules[].from array maxItems=512
spec.rules[].from[] object
spec.rules[].from[].source object
spec.rules[].from[].source.ipBlocks array
spec.rules[].from[].source.ipBlocks[] string
spec.rules[].from[].source.namespaces array
spec.rules[].from[].source.namespaces[] string
spec.rules[].from[].source.notIpBlocks array
spec.rules[].from[].source.notIpBlocks[] string
spec.rules[].from[].source.notNamespaces array
spec.rules[].from[].source.notNamespaces[] string
spec.rules[].from[].source.notPrincipals array
spec.rules[].from[].source.notPrincipals[] string
spec.rules[].from[].source.notRemoteIpBlocks array
spec.rules[].from[].source.notRemoteIpBlocks[] string
spec.rules[].from[].source.notRequestPrincipals array
spec.rules[].from[].source.notRequestPrincipals[] string
spec.rules[].from[].source.notServiceAccounts array maxItems=16
spec.rules[].from[].source.notServiceAccounts[] string maxLength=320
spec.rules[].from[].source.notTrustDomains array
spec.rules[].from[].source.notTrustDomains[] string
spec.rules[].from[].source.principals array
spec.rules[].from[].source.principals[] string
spec.rules[].from[].source.remoteIpBlocks array
spec.rules[].from[].source.remoteIpBlocks[] string
spec.rules[].from[].source.requestPrincipals array
spec.rules[].from[].source.requestPrincipals[] string
spec.rules[].from[].source.serviceAccounts array maxItems=16
spec.rules[].from[].source.serviceAccounts[] string maxLength=320
spec.rules[].from[].source.trustDomains array
spec.rules[].from[].source.trustDomains[] string
spec.rules[].to array
spec.rules[].to[] object
spec.rules[].to[].operation object
spec.rules[].to[].operation.hosts array
spec.rules[].to[].operation.hosts[] string
spec.rules[].to[].operation.methods array
spec.rules[].to[].operation.methods[] string
spec.rules[].to[].operation.notHosts array
spec.rules[].to[].operation.notHosts[] string
spec.rules[].to[].operation.notMethods array
spec.rules[].to[].operation.notMethods[] string
spec.rules[].to[].operation.notPaths array
spec.rules[].to[].operation.notPaths[] string
spec.rules[].to[].operation.notPorts array
spec.rules[].to[].operation.notPorts[] string
spec.rules[].to[].operation.paths array
spec.rules[].to[].operation.paths[] string
spec.rules[].to[].operation.ports array
spec.rules[].to[].operation.ports[] string
spec.rules[].when array
spec.rules[].when[] object
spec.rules[].when[].key string
spec.rules[].when[].notValues array
spec.rules[].when[].notValues[] string
spec.rules[].when[].values array
spec.rules[].when[].values[] string
` + selectorCRD + targetRefsCRD
	requestAuthenticationCRD = `
spec object
spec.jwtRules array maxItems=4096
spec.jwtRules[] object
spec.jwtRules[].audiences array
spec.jwtRules[].audiences[] string minLength=1
spec.jwtRules[].forwardOriginalToken boolean
spec.jwtRules[].fromCookies array
spec.jwtRules[].fromCookies[] string minLength=1
spec.jwtRules[].fromHeaders array
spec.jwtRules[].fromHeaders[] object
spec.jwtRules[].fromHeaders[].name string minLength=1
spec.jwtRules[].fromHeaders[].prefix string
spec.jwtRules[].fromParams array
spec.jwtRules[].fromParams[] string minLength=1
spec.jwtRules[].issuer string minLength=1
spec.jwtRules[].jwks string
spec.jwtRules[].jwksUri string maxLength=2048 minLength=1
spec.jwtRules[].jwks_uri string maxLength=2048 minLength=1
spec.jwtRules[].outputClaimToHeaders array
spec.jwtRules[].outputClaimToHeaders[] object
spec.jwtRules[].outputClaimToHeaders[].claim string minLength=1
spec.jwtRules[].outputClaimToHeaders[].header string minLength=1 pattern=^[-_A-Za-z0-9]+$
spec.jwtRules[].outputPayloadToHeader string
spec.jwtRules[].presence string enum=OPTIONAL,REQUIRED
spec.jwtRules[].spaceDelimitedClaims array maxItems=64
spec.jwtRules[].spaceDelimitedClaims[] string minLength=1
spec.jwtRules[].timeout string
` + selectorCRD + targetRefsCRD
	peerAuthenticationCRD = `
spec object
spec.mtls object
spec.mtls.mode string enum=UNSET,DISABLE,PERMISSIVE,STRICT
spec.portLevelMtls object minProperties=1
spec.portLevelMtls{} object
spec.portLevelMtls{}.mode string enum=UNSET,DISABLE,PERMISSIVE,STRICT
` + selectorCRD

	// Of the Gateway API only how many there may be is looked at (Gateway API 1.5 and 1.6: config/crd/standard).
	gatewayCRD = `
spec.addresses array maxItems=16
spec.listeners array maxItems=64 minItems=1
spec.listeners[].allowedRoutes.kinds array maxItems=8
spec.listeners[].tls.certificateRefs array maxItems=64
`
	listenerSetCRD = `
spec.listeners array maxItems=64 minItems=1
spec.listeners[].allowedRoutes.kinds array maxItems=8
spec.listeners[].tls.certificateRefs array maxItems=64
`
	referenceGrantCRD = `
spec.from array maxItems=16 minItems=1
spec.to array maxItems=16 minItems=1
`
	routeCRD = `
spec.hostnames array maxItems=16
spec.parentRefs array maxItems=32
spec.rules array maxItems=16
spec.rules[].backendRefs array maxItems=16
spec.rules[].backendRefs[].filters array maxItems=16
spec.rules[].filters array maxItems=16
spec.rules[].filters[].requestHeaderModifier.add array maxItems=16
spec.rules[].filters[].requestHeaderModifier.remove array maxItems=16
spec.rules[].filters[].requestHeaderModifier.set array maxItems=16
spec.rules[].matches array maxItems=64
spec.rules[].matches[].headers array maxItems=16
spec.rules[].matches[].queryParams array maxItems=16
`
)
