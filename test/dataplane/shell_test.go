package dataplane

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/stubs"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/world"
)

// prelude gives a shell the parts of kubectl and of the login that the documentation's commands use. The tokens are the
// API server's; the way out of a command in a pod is who carries the pod's traffic here: plane.Dial.
const prelude = `
kubectl() {
  case "$*" in
  "-n "*" create token "*) curl -sG "http://$STAND_IN/token" -d "account=$2/$5" -d "audience=${7-}" ;;
  "-n "*" get pod "*) curl -sG "http://$STAND_IN/address" -d "workload=$2/$5" ;;
  "-n "*" exec deploy/"*" -- "*) local from=$2%2F${4#deploy/}; shift 5; http_proxy="http://$from:@$STAND_IN" "$@" ;;
  *) echo "this kubectl cannot: $*" >&2; return 1 ;;
  esac
}
id_token() { curl -sG "http://$STAND_IN/id_token" -d "email=$1" -d "seconds=${2-3600}" -d "alg=${3-RS256}"; }
`

// standIn answers the prelude.
func standIn(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	m := http.NewServeMux()
	m.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		namespace, account, _ := strings.Cut(r.FormValue("account"), "/")
		token, err := plane.Token(r.Context(), namespace, account, r.FormValue("audience"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, token)
	})
	m.HandleFunc("/address", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, plane.Address(r.FormValue("workload"))) })
	m.HandleFunc("/id_token", func(w http.ResponseWriter, r *http.Request) {
		claims := plane.Issuer.Session(r.FormValue("email"))
		seconds, _ := strconv.ParseInt(r.FormValue("seconds"), 10, 64)
		claims["exp"] = time.Now().Unix() + seconds
		sign := plane.Issuer.Sign
		if r.FormValue("alg") == "none" {
			sign = plane.Issuer.Unsigned
		}
		fmt.Fprint(w, sign(claims))
	})
	go func() {
		_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.IsAbs() {
				fromPod(w, r)
				return
			}
			m.ServeHTTP(w, r)
		}))
	}()
	return l.Addr().String()
}

// fromPod sends what a pod's curl asks its proxy for, from the pod.
func fromPod(w http.ResponseWriter, r *http.Request) {
	// curl puts the user of http_proxy here; BasicAuth reads the header of that name only.
	r.Header.Set("Authorization-Of-Request", r.Header.Get("Authorization"))
	r.Header.Set("Authorization", r.Header.Get("Proxy-Authorization"))
	workload, _, _ := r.BasicAuth()
	r.Header.Set("Authorization", r.Header.Get("Authorization-Of-Request"))
	for _, name := range []string{"Authorization-Of-Request", "Proxy-Authorization", "Proxy-Connection"} {
		r.Header.Del(name)
	}
	if r.Header.Get("Authorization") == "" {
		r.Header.Del("Authorization")
	}
	port := r.URL.Port()
	if port == "" {
		port = "80"
	}
	to := r.URL.Hostname()
	if name, namespace, ok := strings.Cut(to, "."); ok && net.ParseIP(to) == nil {
		to = namespace + "/" + name
	}
	got, err := plane.FromPod(context.Background(), plane.Account(workload), net.JoinHostPort(to, port),
		world.Request{Method: r.Method, Host: r.Host, Path: r.URL.RequestURI(), Headers: r.Header})
	if err != nil {
		// ztunnel resets the connection. So does this, and curl says 000.
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			c.Close()
		}
		return
	}
	if got.Reached != "" {
		w.Header().Set(stubs.ReachedHeader, got.Reached)
	}
	w.WriteHeader(got.Status)
	_, _ = w.Write(got.Body)
}
