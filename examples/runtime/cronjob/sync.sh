#!/bin/sh
# Renders each tenant, applies what is ours, and labels the Namespaces last. A second run changes nothing.
# What one tenant has wrong stops no other; it is reported, and the exit code is 1.
set -eu
config=${CONFIG:-/config/ambientprofile.yaml}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ours=app.kubernetes.io/managed-by=ambient-profile
failed=0

apply() { # without --force-conflicts: what another manager owns is not taken over
  [ ! -s "$1" ] || kubectl apply --server-side --field-manager=ambient-profile -l "$ours" -f "$1"
}

namespaces() { kubectl get namespaces -l "app.kubernetes.io/part-of=kubeflow-profile,$1" -o jsonpath='{.items[*].metadata.name}'; }
enroll=ambient.kubeflow.org/enroll
tenants=$(namespaces "!$enroll")
labeled=$(namespaces "$enroll=true")
unclear=$(namespaces "$enroll,$enroll notin (true,false)")
tenants="$tenants $labeled"
if [ -n "$unclear" ]; then
  echo "sync.sh: error: the label $enroll is neither true nor false, so these are left alone: $unclear" >&2
  failed=1
fi
kubectl get profiles.kubeflow.org,namespaces,rolebindings,notebooks.kubeflow.org -A -l "app.kubernetes.io/managed-by!=ambient-profile" \
  --show-managed-fields=false -o yaml > "$work/input.yaml"
: > "$work/rendered"
joined=
for tenant in $tenants; do
  sed "s/TENANT/$tenant/" "$config" > "$work/config.yaml"
  if ! ambient-profile "$work/config.yaml" "$work/input.yaml" > "$work/output.yaml"; then
    failed=1
    continue
  fi
  : > "$work/policies.yaml"
  : > "$work/last.yaml"
  # Policies first: a waypoint without one admits everyone. A contributor's policy gets a name of its own, because KFAM makes one
  # of the RoleBinding's name. A line --- in a text of a tenant is indented, so it ends no document.
  awk -v RS='\n---\n' -v policies="$work/policies.yaml" -v last="$work/last.yaml" -v rendered="$work/rendered" -v tenant="$tenant" '
    /(^|\n)kind: AuthorizationPolicy\n/ {
      sub(/\n  name: user-/, "\n  name: ambient-user-")
      if (match($0, /\n  name: [^\n]*/)) print tenant "/" substr($0, RSTART + 9, RLENGTH - 9) >> rendered
    }
    { printf "---\n%s\n", $0 >> (/(^|\n)kind: (Gateway|HTTPRoute)\n/ ? last : policies) }
  ' "$work/output.yaml"
  waypoint=$(sed -n '/^  name: /{s///p;q;}' "$work/last.yaml") # the Gateway is the first
  # The label before the Gateway: cluster.admission refuses a waypoint that no label names.
  if apply "$work/policies.yaml" && kubectl label --overwrite namespace "$tenant" "istio.io/use-waypoint=$waypoint" && apply "$work/last.yaml"; then
    joined="$joined $tenant"
  else
    failed=1
  fi
done

# Contributors who were removed.
kubectl get authorizationpolicies.security.istio.io -A -l "$ours" \
  -o jsonpath='{range .items[?(@.metadata.annotations.ambient\.kubeflow\.org/owned-by=="cronjob")]}{.metadata.namespace}/{.metadata.name}{"\n"}{end}' > "$work/there"
for policy in $(grep '/ambient-user-' "$work/there" || true); do
  case " $(echo $tenants) " in *" ${policy%%/*} "*) ;; *) continue ;; esac # of a tenant that is left alone
  grep -qxF "$policy" "$work/rendered" || kubectl delete authorizationpolicies.security.istio.io -n "${policy%%/*}" "${policy#*/}"
done

[ -z "$joined" ] || kubectl label --overwrite namespaces $joined \
  istio-injection=disabled istio.io/dataplane-mode=ambient istio.io/ingress-use-waypoint=true
exit $failed
