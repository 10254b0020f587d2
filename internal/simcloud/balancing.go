package simcloud

func balancerKind(missing string) kind {
	return kind{name: "load-balancers", key: "LoadBalancerArn", regional: true, parts: []string{"Attributes", "WebACL"},
		missing: awsFail{code: missing, message: "Load balancer '%s' not found"}}
}

func elasticLoadBalancingService() awsService {
	balancers := balancerKind("LoadBalancerNotFound")
	listeners := kind{name: "listeners", key: "ListenerArn", regional: true,
		missing: awsFail{code: "ListenerNotFound", message: "Listener '%s' not found"}}
	return awsService{name: "elasticloadbalancingv2", signing: "elasticloadbalancing", kinds: []kind{balancers, listeners},
		ops: awsOps{
			"DescribeLoadBalancers": list{kind: balancers, keys: "LoadBalancerArns", ignore: []string{"PageSize"}},
			"DescribeLoadBalancerAttributes": within{kind: balancers, by: "LoadBalancerArn", from: "Attributes",
				member: "Attributes"},
			"DescribeListeners": list{kind: listeners, equal: map[string]string{"LoadBalancerArn": "LoadBalancerArn"},
				ignore: []string{"PageSize"}},
			"DescribeSSLPolicies": constant{"SslPolicies": []any{
				sslPolicy("ELBSecurityPolicy-2016-08", "TLSv1", "TLSv1.1", "TLSv1.2"),
				sslPolicy("ELBSecurityPolicy-TLS-1-2-2017-01", "TLSv1.2"),
				sslPolicy("ELBSecurityPolicy-TLS13-1-2-2021-06", "TLSv1.2", "TLSv1.3"),
			}},
		}}
}

func sslPolicy(name string, protocols ...any) map[string]any {
	return map[string]any{"Name": name, "SslProtocols": protocols, "Ciphers": []any{
		map[string]any{"Name": "ECDHE-RSA-AES128-GCM-SHA256", "Priority": 1},
	}, "SupportedLoadBalancerTypes": []any{"application", "network"}}
}

func wafService() awsService {
	return awsService{name: "wafv2", signing: "wafv2", ops: awsOps{
		"GetWebACLForResource": get{kind: balancerKind("WAFNonexistentItemException"), by: "ResourceArn", part: "WebACL",
			member: "WebACL"},
	}}
}
