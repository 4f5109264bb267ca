package controlplane

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// gatewayName labels everything that istiod makes for a Gateway (istio.io/api/label).
const gatewayName = "gateway.networking.k8s.io/gateway-name"

// standInForNodes does what kubelet, endpoint controller and a cloud's load balancer would do for a Gateway's Service,
// and nothing for any other: istiod calls a Gateway programmed when its Service has a ready endpoint and an address.
func (cp *ControlPlane) standInForNodes(ctx context.Context) error {
	client, err := kubernetes.NewForConfig(cp.Admin)
	if err != nil {
		return err
	}
	ctx, cp.kubelet = context.WithCancel(ctx)
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0,
		informers.WithTweakListOptions(func(o *metav1.ListOptions) { o.LabelSelector = gatewayName }))
	services := factory.Core().V1().Services().Informer()
	serve := func(o any) {
		if svc, ok := o.(*corev1.Service); ok {
			_ = eventually(ctx, 10*time.Second, func() error { return makeReady(ctx, client, svc) })
		}
	}
	if _, err := services.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    serve,
		UpdateFunc: func(_, o any) { serve(o) },
	}); err != nil {
		return err
	}
	factory.Start(ctx.Done())
	return nil
}

func makeReady(ctx context.Context, client kubernetes.Interface, svc *corev1.Service) error {
	_, err := client.DiscoveryV1().EndpointSlices(svc.Namespace).Create(ctx, endpointsOf(svc), metav1.CreateOptions{})
	switch {
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause), apierrors.IsNotFound(err):
		return nil // the case is over
	case err != nil && !apierrors.IsAlreadyExists(err):
		return err
	}
	if svc.Spec.Type != corev1.ServiceTypeLoadBalancer || len(svc.Status.LoadBalancer.Ingress) > 0 {
		return nil
	}
	svc = svc.DeepCopy()
	svc.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: "198.51.100.1"}} // TEST-NET-2, RFC 5737
	_, err = client.CoreV1().Services(svc.Namespace).UpdateStatus(ctx, svc, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil // gone, or another event for it is under way
	}
	return err
}

// endpointsOf is one ready pod that nobody runs.
func endpointsOf(svc *corev1.Service) *discoveryv1.EndpointSlice {
	yes := true
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Name: svc.Name, Namespace: svc.Namespace,
			Labels: map[string]string{discoveryv1.LabelServiceName: svc.Name, gatewayName: svc.Labels[gatewayName]},
			// As the endpointslice controller writes it, so that the garbage collector takes it with the Service.
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Service", Name: svc.Name, UID: svc.UID}},
		},
		AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints: []discoveryv1.Endpoint{{
			Addresses:  []string{"192.0.2.1"}, // TEST-NET-1, RFC 5737
			Conditions: discoveryv1.EndpointConditions{Ready: &yes},
		}},
	}
	for _, p := range svc.Spec.Ports {
		slice.Ports = append(slice.Ports, discoveryv1.EndpointPort{Name: &p.Name, Port: &p.Port, Protocol: &p.Protocol})
	}
	return slice
}
