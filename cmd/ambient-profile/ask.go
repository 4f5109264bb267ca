package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/kubeflow-ambient/ambient-profile/fn"
	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

// asked are the flags and the argument that make a request.
type asked struct {
	from, to, token, host string
	headers               []string
	audiences, claims     []string
	direct, tcp           bool
}

func askCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "ask --from CLIENT --to NAMESPACE/SERVICE[:PORT] ['METHOD PATH'] [FILE...]",
		Short: "Answer one request under rendered manifests, with every rule on its way",
		Long: `Evaluates one request under rendered manifests: allow, deny or not-judged, by which policy and rule,
and how each rule of each proxy on the way evaluates it. Below it is the nearest request with the
opposite verdict. Without a FILE, or for -, the manifests are read from stdin.

CLIENT is one of
  user:NAME                      a user with a session, through the ingress
  token:NAMESPACE/ACCOUNT        a Kubernetes token, through the ingress
  jwt:ISSUER                     a token of another issuer, through the ingress
  anonymous                      nobody, through the ingress
  pod:NAMESPACE/ACCOUNT          a pod in the mesh; --token gives it a Kubernetes token
  off-mesh                       a pod or machine outside the mesh

The exit code is always 0. To fail a build, write an AccessCheck.`,
		Example: `  ambient-profile ask --from pod:bob/default-editor --to alice/tet 'GET /v1/x' rendered.yaml
  ambient-profile ask --from user:bob@example.com --to alice/tet 'GET /notebook/alice/tet/' rendered.yaml
  ambient-profile ask --from anonymous --to alice/tet -H 'kubeflow-userid: alice@example.com' rendered.yaml`,
		ValidArgsFunction: completeFiles,
	}
	var a asked
	flags := c.Flags()
	flags.StringVar(&a.from, "from", "", "the client")
	flags.StringVar(&a.to, "to", "", "the Service, as NAMESPACE/SERVICE or NAMESPACE/SERVICE:PORT")
	flags.StringVar(&a.token, "token", "", "the account (NAMESPACE/ACCOUNT) of a Kubernetes token that a pod carries")
	flags.StringArrayVar(&a.audiences, "audience", nil, "an audience of the Kubernetes token, or of the token of an issuer; may be given several times")
	flags.StringArrayVar(&a.claims, "claim", nil, "a claim of the token, as NAME=VALUE or [NAME][BELOW]=VALUE; given several times, it is a list")
	flags.StringVar(&a.host, "host", "", "the host that the client asks for")
	flags.StringArrayVarP(&a.headers, "header", "H", nil, "a header, as 'NAME: VALUE'; may be given several times, the same one too")
	flags.BoolVar(&a.direct, "direct", false, "to the addresses of the Service's pods, past a waypoint")
	flags.BoolVar(&a.tcp, "tcp", false, "a connection that is not HTTP")
	output, release := outputFlag(c, "text", "json", "yaml"), releaseFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		request, files, err := a.request(c, args)
		if err != nil {
			return err
		}
		if err := canRead(c, files); err != nil {
			return err
		}
		answer, err := fn.Ask(request, files, release.chosen, c.InOrStdin(), c.ErrOrStderr())
		if err != nil {
			return err
		}
		write := map[string]func(io.Writer) error{"text": answer.WriteText, "json": answer.WriteJSON, "yaml": asYAML(answer.WriteJSON)}
		return write[output.chosen](c.OutOrStdout())
	}
	return c
}

// request reads the flags, and an argument that is a method and a path.
func (a *asked) request(c *cobra.Command, args []string) (r access.Request, files []string, err error) {
	wrong := func(found, remedy string) error { return misuse(c, diagnostic.WrongArguments, found, remedy) }
	if a.from == "" || a.to == "" {
		return r, nil, wrong("ask needs --from and --to", "")
	}
	if r.From, err = access.ParseClient(a.from); err != nil {
		remedy := ""
		if strings.Contains(a.from, "@") && !strings.Contains(a.from, ":") {
			remedy = "write --from user:" + a.from
		}
		return r, nil, wrong("--from "+err.Error(), remedy)
	}
	r.From.Token += a.token
	if err := a.holds(&r.From); err != nil {
		return r, nil, wrong(err.Error(), "")
	}
	service, port, ported := strings.Cut(a.to, ":")
	if r.To.Namespace, r.To.Service, _ = strings.Cut(service, "/"); r.To.Namespace == "" || r.To.Service == "" {
		return r, nil, wrong(fmt.Sprintf("--to %q is not NAMESPACE/SERVICE", a.to), "")
	}
	if ported {
		if r.Port, err = portOf(a.to, port); err != nil {
			return r, nil, wrong(err.Error(), "")
		}
	}
	if len(args) > 0 && isOperation(args[0]) {
		r.Method, r.Path, _ = strings.Cut(args[0], " ")
		args = args[1:]
	} else if len(args) > 0 && meantOperation(args[0]) != "" {
		return r, nil, wrong(fmt.Sprintf("%q is not 'METHOD PATH'", args[0]), "write "+meantOperation(args[0]))
	}
	r.Host, r.To.Direct, r.TCP, r.Headers = a.host, a.direct, a.tcp, map[string]string{}
	for _, h := range a.headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok {
			return r, nil, wrong(fmt.Sprintf("-H %q is not 'NAME: VALUE'", h), "")
		}
		r.Headers[name] = joined(r.Headers, name, strings.TrimSpace(value))
	}
	if found, remedy := r.Impossible(); found != "" {
		return r, nil, wrong(found, remedy)
	}
	return r, args, nil
}

// joined is the value of a header that is sent again: Envoy compares the values of one name with a comma between them (Envoy 1.39: HeaderUtility::getAllOfHeaderAsString).
func joined(headers map[string]string, name, value string) string {
	if was, ok := headers[name]; ok {
		return was + "," + value
	}
	return value
}

// holds gives the client's token the audiences and claims of the flags.
func (a *asked) holds(f *access.From) error {
	switch {
	case len(a.audiences) == 0:
	case f.JWT != nil:
		f.JWT.Audiences = a.audiences
	case f.Token != "":
		f.Audiences = a.audiences
	default:
		return errors.New("--audience needs a client with a token: token:, jwt:, or pod: with --token")
	}
	for _, text := range a.claims {
		if err := f.ParseClaim(text); err != nil {
			return fmt.Errorf("--claim %w", err)
		}
	}
	return nil
}

// isOperation reports whether an argument is a method and a path, and not a file.
func isOperation(arg string) bool {
	method, path, two := strings.Cut(arg, " ")
	return two && strings.HasPrefix(path, "/") && method != "" && strings.ToUpper(method) == method && !isFile(arg)
}

// meantOperation is what to write for an argument that is a path alone, a method alone, or has the method in lowercase: "" for what may be a file.
func meantOperation(arg string) string {
	method, path, two := strings.Cut(arg, " ")
	switch {
	case isFile(arg) || exists(arg):
		return ""
	case strings.HasPrefix(arg, "/") && !two:
		return "'GET " + arg + "'"
	case method == "" || strings.ContainsFunc(method, func(c rune) bool { return !unicode.IsLetter(c) }):
		return ""
	case two && strings.HasPrefix(path, "/"):
		return "'" + strings.ToUpper(method) + " " + path + "'"
	case !two && slices.Contains(methods, strings.ToUpper(method)):
		return "'" + strings.ToUpper(method) + " /x'"
	}
	return ""
}

// methods are those of RFC 9110 and RFC 5789.
var methods = []string{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
