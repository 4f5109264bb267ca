package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

// filterFlags are the flags that ask about a part.
type filterFlags struct {
	namespaces []string
	to, from   string
}

func newFilter(c *cobra.Command) *filterFlags {
	f := &filterFlags{}
	c.Flags().StringArrayVarP(&f.namespaces, "namespace", "n", nil, "only these namespaces; may be given several times")
	c.Flags().StringVar(&f.to, "to", "", "only this Service: SERVICE, SERVICE:PORT or NAMESPACE/SERVICE:PORT")
	c.Flags().StringVar(&f.from, "from", "", "only this client, as ask --from names it")
	return f
}

// given reports whether it leaves anything out.
func (f *filterFlags) given() bool { return len(f.namespaces) > 0 || f.to != "" || f.from != "" }

func (f *filterFlags) filter(c *cobra.Command) (out access.Filter, err error) {
	out.Namespaces = f.namespaces
	service, port, ported := strings.Cut(f.to, ":")
	if namespace, name, both := strings.Cut(service, "/"); both {
		if len(f.namespaces) > 0 {
			return out, misuse(c, diagnostic.WrongFlag, "--to "+strconv.Quote(f.to)+" names a namespace, and -n does too", "leave one of the two out")
		}
		out.Namespaces, service = []string{namespace}, name
	}
	out.Service = service
	if ported {
		if out.Port, err = portOf(f.to, port); err != nil {
			return out, misuse(c, diagnostic.WrongFlag, err.Error(), "")
		}
	}
	if f.to != "" && service == "" {
		return out, misuse(c, diagnostic.WrongFlag, fmt.Sprintf("--to %q names no Service", f.to), "")
	}
	if f.from != "" {
		if out.From, err = access.ParseClient(f.from); err != nil {
			return out, misuse(c, diagnostic.WrongFlag, "--from "+err.Error(), "")
		}
	}
	return out, nil
}

// portOf is the port after the colon of --to.
func portOf(to, port string) (int, error) {
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("--to %q has no port from 1 to 65535 after the colon", to)
	}
	return int(n), nil
}
