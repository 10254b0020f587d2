package aws

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// ClusterDoc is an EKS cluster's control plane, without the data of its certificate authority.
type ClusterDoc struct{ *types.Cluster }

func eksCluster() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.eks.cluster",
			Title:    "EKS cluster",
			Doc:      evidence.ShapeOf[ClusterDoc](),
			Volatile: []string{"/Health"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "eks:ListClusters", Permissions: []string{"eks:ListClusters"}},
			{
				Name: "eks:DescribeCluster", Permissions: []string{"eks:DescribeCluster"},
				Absent: []string{"ResourceNotFoundException"},
			},
		},
		Collect: collect.Typed(collectClusters),
	}
}

func (s *session) eks() *eks.Client {
	return client(s, "eks", func() *eks.Client { return eks.NewFromConfig(s.cfg) })
}

func collectClusters(ctx context.Context, s *session, t *collect.Task) error {
	p := eks.NewListClustersPaginator(s.eks(), &eks.ListClustersInput{MaxResults: aws.Int32(100)})
	return pages(ctx, t, "eks:ListClusters", p, func(page *eks.ListClustersOutput) error {
		t.Listed(len(page.Clusters))
		return collect.Each(ctx, page.Clusters, func(ctx context.Context, name string) error {
			return s.cluster(ctx, t, name)
		})
	})
}

func (s *session) cluster(ctx context.Context, t *collect.Task, name string) error {
	sub := subject("arn:"+s.partition+":eks:"+s.cfg.Region+":"+s.account+":cluster/"+name, name)
	out, err := ask(ctx, t, "eks:DescribeCluster", func(ctx context.Context) (*eks.DescribeClusterOutput, error) {
		out, err := s.eks().DescribeCluster(ctx, &eks.DescribeClusterInput{Name: &name})
		if err == nil && out.Cluster == nil {
			err = errors.New("the answer describes no cluster")
		}
		return out, err
	})
	if collect.IsAbsent(err) {
		t.Exclude(deleted, 1)
		return nil
	}
	if err != nil {
		if err := missAll[types.Cluster](t, &sub, err); err != nil {
			return err
		}
		return s.emit(ctx, t, sub, ClusterDoc{})
	}
	out.Cluster.CertificateAuthority = nil
	sub.Tags = out.Cluster.Tags
	return s.emit(ctx, t, sub, ClusterDoc{out.Cluster})
}
