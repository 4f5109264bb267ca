package access

import (
	"fmt"
	"io"
	"strings"
)

// What a diagram may have (Mermaid 11: defaultConfig maxTextSize and maxEdges, which GitHub leaves as they are).
const (
	maxChart = 50000
	maxEdges = 500
)

// WriteMermaid writes the report as a flowchart that GitHub renders: an arrow for what is allowed, a dotted one for what is not judged.
// Labels are quoted and ids are numbers, so no name of an object can break it. What is too much for one diagram is several, each in a fence of Markdown.
func (r Report) WriteMermaid(out io.Writer) error {
	const head = "flowchart LR\n"
	var charts []string
	at, edges := head, 0
	for _, c := range r.clusters() {
		if len(at)+len(c.text) > maxChart || edges+c.edges > maxEdges {
			charts, at, edges = append(charts, at), head, 0
		}
		at, edges = at+c.text, edges+c.edges
	}
	if charts = append(charts, at); len(charts) > 1 {
		for i := range charts {
			charts[i] = "```mermaid\n" + charts[i] + "```\n"
		}
	}
	_, err := io.WriteString(out, strings.Join(charts, "\n"))
	return err
}

// cluster is a part of a flowchart that fits in a diagram.
type cluster struct {
	text  string
	edges int
}

// clusters are the namespaces, those with too much in several, and the findings.
func (r Report) clusters() (out []cluster) {
	d := &drawing{}
	for i := range r.Namespaces {
		out = append(out, d.namespace(&r.Namespaces[i])...)
	}
	for i, f := range r.Findings {
		out = append(out, cluster{text: fmt.Sprintf("  f%d[/\"%s\"/]\n", i, mermaidText(f.String()))})
	}
	if len(out) == 0 {
		out = append(out, cluster{text: "  n0[\"no namespace\"]\n"})
	}
	return out
}

// drawing numbers the nodes and the clusters.
type drawing struct{ nodes, clusters int }

func (d *drawing) namespace(n *NamespaceReport) (out []cluster) {
	var nodes, edges strings.Builder
	clients, targets := map[string]int{}, map[string]int{}
	count := 0
	end := func() {
		head := fmt.Sprintf("  subgraph ns%d[\"%s\"]\n", d.clusters, mermaidText(n.names()+": "+n.Mesh))
		out = append(out, cluster{head + nodes.String() + edges.String() + "  end\n", count})
		d.clusters, count = d.clusters+1, 0
		nodes.Reset()
		edges.Reset()
		clear(clients)
		clear(targets)
	}
	node := func(of map[string]int, text, form string) int {
		if of[text] == 0 {
			d.nodes++
			of[text] = d.nodes
			fmt.Fprintf(&nodes, "    n%d"+form+"\n", d.nodes, mermaidText(text))
		}
		return of[text]
	}
	for _, a := range n.Access {
		if a.Outcome == Deny.String() {
			continue
		}
		if size := len(mermaidText(a.Who + a.Reaches + a.By + n.names() + n.Mesh)); count == maxEdges || count > 0 && nodes.Len()+edges.Len()+size+200 > maxChart {
			end()
		}
		from, to := node(clients, a.Who, "([\"%s\"])"), node(targets, a.Reaches, "[\"%s\"]")
		arrow := "-->"
		if a.Outcome != Allow.String() {
			arrow = "-.->"
		}
		fmt.Fprintf(&edges, "    n%d %s|\"%s\"| n%d\n", from, arrow, mermaidText(a.By), to)
		count++
	}
	if count == 0 && len(out) == 0 {
		node(targets, "nobody gets in", "[\"%s\"]")
	}
	end()
	return out
}

// mermaidText is a text for a quoted label: everything that Mermaid, Markdown or HTML could read as markup becomes an entity code.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range plain(s) {
		switch {
		case strings.ContainsRune("\"#;&<>`*_~[]{}|\\", r):
			fmt.Fprintf(&b, "#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
