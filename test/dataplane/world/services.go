package world

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// gatewayName labels everything that istiod makes for a Gateway.
const gatewayName = gatewayGroup + "/gateway-name"

const gatewayGroup = "gateway.networking.k8s.io"

// followServices does what the endpoint controller does, and opens the ports that Services lead to.
func (p *Plane) followServices(ctx context.Context) error {
	services, err := p.client.CoreV1().Services("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, s := range services.Items {
		if len(s.Spec.Selector) == 0 {
			continue
		}
		if err := p.writeEndpoints(ctx, &s); err != nil {
			return fmt.Errorf("endpoints of %s/%s: %w", s.Namespace, s.Name, err)
		}
		if err := p.giveAddress(ctx, &s); err != nil {
			return err
		}
	}
	for _, o := range p.pods {
		for _, c := range o.spec.Spec.Containers {
			for _, port := range c.Ports {
				if err := o.app.Listen(int(port.ContainerPort)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (p *Plane) writeEndpoints(ctx context.Context, s *corev1.Service) error {
	pods, err := p.client.CoreV1().Pods(s.Namespace).List(ctx, metav1.ListOptions{LabelSelector: labels.FormatLabels(s.Spec.Selector)})
	if err != nil {
		return err
	}
	ready, serving := true, []*pod{}
	slice := &discoveryv1.EndpointSlice{
		AddressType: discoveryv1.AddressTypeIPv4,
		ObjectMeta:  metav1.ObjectMeta{Name: s.Name, Namespace: s.Namespace, Labels: map[string]string{discoveryv1.LabelServiceName: s.Name}},
	}
	for k, v := range s.Labels { // the endpoint controller copies them
		slice.Labels[k] = v
	}
	if s.Spec.ClusterIP == corev1.ClusterIPNone {
		slice.Labels[corev1.IsHeadlessService] = ""
	}
	for _, live := range pods.Items {
		if live.Status.PodIP == "" {
			continue
		}
		slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{
			Addresses: []string{live.Status.PodIP}, Conditions: discoveryv1.EndpointConditions{Ready: &ready},
			TargetRef: &corev1.ObjectReference{Kind: "Pod", Name: live.Name, Namespace: live.Namespace, UID: live.UID},
		})
		if o := p.pods[live.Namespace+"/"+strings.TrimSuffix(live.Name, "-0")]; o != nil {
			serving = append(serving, o)
		}
	}
	for _, port := range s.Spec.Ports {
		target := targetPort(port, serving)
		slice.Ports = append(slice.Ports, discoveryv1.EndpointPort{Name: &port.Name, Port: &target, Protocol: &port.Protocol})
		for _, o := range serving {
			if err := o.app.Listen(int(target)); err != nil {
				return err
			}
		}
	}
	return p.writeSlice(ctx, slice)
}

// targetPort is the number that a Service's port leads to; a name is looked up in the containers.
func targetPort(port corev1.ServicePort, serving []*pod) int32 {
	if n := port.TargetPort.IntVal; n != 0 {
		return n
	}
	for _, o := range serving {
		for _, c := range o.spec.Spec.Containers {
			for _, have := range c.Ports {
				if have.Name == port.TargetPort.StrVal {
					return have.ContainerPort
				}
			}
		}
	}
	return port.Port
}

func (p *Plane) writeSlice(ctx context.Context, want *discoveryv1.EndpointSlice) error {
	slices := p.client.DiscoveryV1().EndpointSlices(want.Namespace)
	is, err := slices.Get(ctx, want.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		_, err = slices.Create(ctx, want, metav1.CreateOptions{})
	case err == nil && !(equality.Semantic.DeepEqual(is.Endpoints, want.Endpoints) && equality.Semantic.DeepEqual(is.Ports, want.Ports) && equality.Semantic.DeepEqual(is.Labels, want.Labels)):
		want.ResourceVersion = is.ResourceVersion
		_, err = slices.Update(ctx, want, metav1.UpdateOptions{})
	}
	return err
}

// giveAddress does what a cloud's load balancer does for an ingress.
func (p *Plane) giveAddress(ctx context.Context, s *corev1.Service) error {
	if s.Spec.Type != corev1.ServiceTypeLoadBalancer || len(s.Status.LoadBalancer.Ingress) > 0 {
		return nil
	}
	s.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: "198.51.100.1"}} // TEST-NET-2, RFC 5737
	_, err := p.client.CoreV1().Services(s.Namespace).UpdateStatus(ctx, s, metav1.UpdateOptions{})
	return err
}
