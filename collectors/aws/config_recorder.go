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
			recorderStatusOperation(),
			{Name: "configservice:DescribeDeliveryChannels", Permissions: []string{"config:DescribeDeliveryChannels"}},
		},
		Collect: collect.Typed(collectRecorder),
	}
}

func collectRecorder(ctx context.Context, s *session, t *collect.Task) error {
	out, err := ask(ctx, t, "configservice:DescribeConfigurationRecorders",
		func(ctx context.Context) (*configservice.DescribeConfigurationRecordersOutput, error) {
			out, err := s.config().DescribeConfigurationRecorders(ctx, nil)
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
	doc.ConfigurationRecordersStatus, err = s.recorderStatus(ctx, t)
	if err := t.Miss(&sub, "ConfigurationRecordersStatus", err); err != nil {
		return err
	}
	_, err = t.Part(ctx, &sub, "DeliveryChannels", "configservice:DescribeDeliveryChannels",
		func(ctx context.Context) error {
			out, err := s.config().DescribeDeliveryChannels(ctx, nil)
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
