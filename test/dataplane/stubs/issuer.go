package stubs

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"strings"
	"time"
)

// Issuer signs tokens and publishes its keys, as dex does.
type Issuer struct {
	URL string

	pod string
	key *rsa.PrivateKey
}

// NewIssuer makes a key.
func NewIssuer(pod, url string) (*Issuer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	return &Issuer{url, pod, key}, err
}

// Claims are those of one token.
type Claims = map[string]any

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// Sign makes a token of any claims, without checking one of them.
func (i *Issuer) Sign(claims Claims) string {
	body, err := json.Marshal(claims)
	if err != nil {
		panic(err) // the tests' own claims
	}
	signed := encode([]byte(`{"alg":"RS256","kid":"k1","typ":"JWT"}`)) + "." + encode(body)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return signed + "." + encode(signature)
}

// Unsigned is the same token with alg none.
func (i *Issuer) Unsigned(claims Claims) string {
	body, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	return encode([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + encode(body) + "."
}

// Session is what a login of this person is worth: an ID token for an hour.
func (i *Issuer) Session(email string) Claims {
	now := time.Now().Unix()
	return Claims{
		"iss": i.URL, "sub": email, "aud": "kubeflow-oidc-authservice", "email": email, "groups": []string{"users"},
		"iat": now, "exp": now + 3600,
	}
}

// ServeHTTP publishes discovery and keys; everything else is the login page.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration"):
		reply(w, i.pod, http.StatusOK, map[string]string{"issuer": i.URL, "jwks_uri": i.URL + "/keys"})
	case strings.HasSuffix(r.URL.Path, "/keys"):
		exponent := big.NewInt(int64(i.key.E)).Bytes()
		reply(w, i.pod, http.StatusOK, map[string]any{"keys": []map[string]string{{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "k1", "n": encode(i.key.N.Bytes()), "e": encode(exponent),
		}}})
	default:
		Echo(i.pod).ServeHTTP(w, r)
	}
}

// SessionCookie is the cookie in which the stub of oauth2-proxy keeps who is logged in.
const SessionCookie = "session"

// Login plays oauth2-proxy. As ext_authz it turns the cookie into the issuer's token, and sends anyone who has none to the
// login page; under /oauth2/ it is asked for itself.
func (i *Issuer) Login(pod string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/oauth2/") {
			Echo(pod).ServeHTTP(w, r)
			return
		}
		if c, err := r.Cookie(SessionCookie); err == nil {
			w.Header().Set("authorization", "Bearer "+i.Sign(i.Session(c.Value)))
			return
		}
		w.Header().Set("location", "/dex/auth")
		w.WriteHeader(http.StatusFound)
	})
}
