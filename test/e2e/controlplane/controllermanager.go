package controlplane

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// controllers are those of the kube-controller-manager that need no node: what removes objects, and what turns the
// Deployment that istiod writes for a waypoint, or a StatefulSet, into a pod that admission judges. No node ever runs it. The endpoints'
// controllers are missing, because nodes.go gives a Gateway's Service a ready endpoint.
var controllers = []string{
	"namespace-controller", "garbage-collector-controller", "serviceaccount-controller", "clusterrole-aggregation-controller",
	"resourcequota-controller", "deployment-controller", "replicaset-controller", "statefulset-controller", "validatingadmissionpolicy-status-controller",
}

// startControllerManager comes last, so that the garbage collector finds every kind at its first look.
func (cp *ControlPlane) startControllerManager(ctx context.Context) error {
	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	config := filepath.Join(cp.dir, "kube-controller-manager.kubeconfig")
	if err := clientcmd.WriteToFile(kubeconfig(cp.Admin, cp.managerToken), config); err != nil {
		return err
	}
	cp.manager, err = start(cp.dir, "kube-controller-manager", nil, cp.bin.path("kube-controller-manager"),
		"--kubeconfig="+config,
		"--controllers="+strings.Join(controllers, ","),
		"--use-service-account-credentials", // as kubeadm: each controller has its own account, which admission sees
		"--service-account-private-key-file="+filepath.Join(cp.dir, "sa.key"),
		"--leader-elect=false",
		"--bind-address=127.0.0.1", "--secure-port="+strconv.Itoa(ports[0]), "--cert-dir="+cp.dir,
		"--kube-api-qps=200", "--kube-api-burst=400", // a hundred tenants go at once
		"--concurrent-namespace-syncs=20",
	)
	if err != nil {
		return err
	}
	return cp.manager.await(ctx, time.Minute, func() error {
		return healthy(ctx, &rest.Config{Host: local("https", ports[0]), TLSClientConfig: rest.TLSClientConfig{Insecure: true}})
	})
}

func healthy(ctx context.Context, c *rest.Config) error {
	client, err := kubernetes.NewForConfig(c)
	if err != nil {
		return err
	}
	return client.Discovery().RESTClient().Get().AbsPath("/healthz").Do(ctx).Error()
}
