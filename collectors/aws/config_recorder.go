package aws

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// RecorderDoc is what AWS Config records in one region. The subject exists in every region: where nothing is recorded
// its lists are empty.
type RecorderDoc struct {
	ConfigurationRecorders       []types.ConfigurationRecorder
	ConfigurationRecordersStatus []types.ConfigurationRecorderStatus
	DeliveryChannels             []types.DeliveryChannel
}

func configRecorder() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.config.recorder",
			Title:    "AWS Config in a region",
			Doc:      evidence.ShapeOf[RecorderDoc](),
			Volatile: []string{"/ConfigurationRecordersStatus/*/LastStatusChangeTime"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{
				Name:        "configservice:DescribeConfigurationRecorders",
				Permissions: []string{"config:DescribeConfigurationRecorders"},
			},
			{
				Name:        "configservice:DescribeConfigurationRecorderStatus",
				Permissions: []string{"config:DescribeConfigurationRecorderStatus"},
			},
			{Name: "configservice:DescribeDeliveryChannels", Permissions: []string{"config:DescribeDeliveryChannels"}},
		},
		Collect: collect.Typed(collectRecorder),
	}
}

func (s *session) configservice() *configservice.Client {
	return client(s, "configservice", func() *configservice.Client { return configservice.NewFromConfig(s.cfg) })
}

func collectRecorder(ctx context.Context, s *session, t *collect.Task) error {
	out, err := ask(ctx, t, "configservice:DescribeConfigurationRecorders",
		func(ctx context.Context) (*configservice.DescribeConfigurationRecordersOutput, error) {
			out, err := s.configservice().DescribeConfigurationRecorders(ctx, nil)
			if err == nil && out.ConfigurationRecorders == nil {
				err = errors.New("malformed answer: it lists no recorders, not even none")
			}
			return out, err
		})
	if err != nil {
		return err
	}
	doc := RecorderDoc{ConfigurationRecorders: out.ConfigurationRecorders}
	sub := subject(s.arn("config", "configuration-recorder"), s.cfg.Region)
	_, err = t.Part(ctx, &sub, "ConfigurationRecordersStatus", "configservice:DescribeConfigurationRecorderStatus",
		func(ctx context.Context) error {
			out, err := s.configservice().DescribeConfigurationRecorderStatus(ctx, nil)
			if err == nil {
				doc.ConfigurationRecordersStatus = some(out.ConfigurationRecordersStatus)
			}
			return err
		})
	if err != nil {
		return err
	}
	_, err = t.Part(ctx, &sub, "DeliveryChannels", "configservice:DescribeDeliveryChannels",
		func(ctx context.Context) error {
			out, err := s.configservice().DescribeDeliveryChannels(ctx, nil)
			if err == nil {
				doc.DeliveryChannels = some(out.DeliveryChannels)
			}
			return err
		})
	if err != nil {
		return err
	}
	t.Listed(1)
	return s.emit(ctx, t, sub, doc)
}
