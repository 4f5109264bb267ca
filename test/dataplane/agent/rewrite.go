package agent

import (
	"bytes"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	hcm "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"
)

// rewriter takes out of one proxy's resources what the closed list names, and nothing else.
type rewriter struct {
	address  string          // of the proxy, instead of 0.0.0.0
	leaveOut map[string]bool // sabotage: the tests must notice that it is missing
	removed  func(extension string)
	kept     func(extension string)
}

func (w rewriter) resource(r *discovery.Resource) error {
	switch r.Resource.GetTypeUrl() {
	case prefix + "envoy.config.listener.v3.Listener":
		if bytes.Contains(r.Resource.Value, []byte(hashableIstio)) {
			w.removed(hashableIstio)
			// Both names are equally long, so the lengths around them stay right.
			r.Resource.Value = bytes.ReplaceAll(r.Resource.Value, []byte(hashableIstio), []byte(hashableEnvoy))
		}
		return change(r.Resource, &listener.Listener{}, w.listener)
	case prefix + "envoy.config.cluster.v3.Cluster":
		return change(r.Resource, &cluster.Cluster{}, w.cluster)
	}
	return nil
}

func (w rewriter) listener(l *listener.Listener) error {
	// All proxies share one network namespace, so each binds its own address.
	if at := l.GetAddress().GetSocketAddress(); at.GetAddress() == "0.0.0.0" {
		at.Address = w.address
	}
	chains := l.FilterChains
	if l.DefaultFilterChain != nil {
		chains = append(chains[:len(chains):len(chains)], l.DefaultFilterChain)
	}
	for _, chain := range chains {
		keep := chain.Filters[:0]
		for _, f := range chain.Filters {
			if w.drops(f.GetTypedConfig()) {
				continue
			}
			keep = append(keep, f)
			if f.GetTypedConfig().MessageIs(&hcm.HttpConnectionManager{}) {
				if err := change(f.GetTypedConfig(), &hcm.HttpConnectionManager{}, w.http); err != nil {
					return err
				}
			}
		}
		chain.Filters = keep
	}
	w.look(l.ProtoReflect())
	return nil
}

func (w rewriter) http(h *hcm.HttpConnectionManager) error {
	keep := h.HttpFilters[:0]
	for _, f := range h.HttpFilters {
		if !w.drops(f.GetTypedConfig()) {
			keep = append(keep, f)
		}
	}
	h.HttpFilters = keep
	return nil
}

func (w rewriter) cluster(c *cluster.Cluster) error {
	keep := c.Filters[:0]
	for _, f := range c.Filters {
		if !w.drops(f.GetTypedConfig()) {
			keep = append(keep, f)
		}
	}
	c.Filters = keep
	w.look(c.ProtoReflect())
	return nil
}

func (w rewriter) drops(config *anypb.Any) bool {
	t := typeOf(config)
	if w.leaveOut[t] {
		return true
	}
	_, is := Removed[t]
	if is {
		w.removed(t)
	}
	return is
}

// look reports every extension that is still there, however deep.
func (w rewriter) look(m protoreflect.Message) {
	if a, ok := m.Interface().(*anypb.Any); ok {
		w.kept(typeOf(a))
		if inner, err := a.UnmarshalNew(); err == nil { // a type without Go code is known by its name only
			w.look(inner.ProtoReflect())
		}
		return
	}
	m.Range(func(field protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case field.IsMap():
			if field.MapValue().Message() != nil {
				v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool { w.look(v.Message()); return true })
			}
		case field.Message() == nil:
		case field.IsList():
			for i := range v.List().Len() {
				w.look(v.List().Get(i).Message())
			}
		default:
			w.look(v.Message())
		}
		return true
	})
}

// change opens an envelope, has its content changed, and closes it.
func change[M proto.Message](a *anypb.Any, m M, f func(M) error) error {
	if err := a.UnmarshalTo(m); err != nil {
		return err
	}
	if err := f(m); err != nil {
		return err
	}
	return a.MarshalFrom(m)
}
