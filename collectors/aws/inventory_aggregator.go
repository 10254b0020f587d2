package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const (
	listAggregators  = "configservice:DescribeConfigurationAggregators"
	aggregatorStatus = "configservice:DescribeConfigurationAggregatorSourcesStatus"
	aggregateSelect  = "configservice:SelectAggregateResourceConfig"
)

// aggregatorOperations are asked as the caller before any collector. Without them every region's own recorder is asked.
func aggregatorOperations() []collect.Operation {
	return []collect.Operation{
		{Name: listAggregators, Permissions: []string{"config:DescribeConfigurationAggregators"}, Loses: collect.LosesNothing},
		{Name: aggregatorStatus, Permissions: []string{"config:DescribeConfigurationAggregatorSourcesStatus"},
			Loses: collect.LosesNothing},
	}
}

// aggregator is where AWS Config gathers what it records in many accounts and regions.
type aggregator struct {
	types.ConfigurationAggregator
	home   *session // as the caller, in the aggregator's region
	status map[gathered]types.AggregatedSourceStatus
}

// gathered is a source of an aggregator; the account is empty for the organisation, the region where none is told.
type gathered struct{ account, region string }

// aggregators are those of the caller's account, which are looked for once.
type aggregators struct {
	mu   sync.Mutex
	done bool
	all  []*aggregator
}

// aggregators looks for the caller's aggregators in the regions. Where they may not be asked for, there are none: the
// error is only for a run that has ended.
func (s *source) aggregators(ctx context.Context, t *collect.Task, regions []string) ([]*aggregator, error) {
	if !s.section.inventories("config") {
		return nil, nil
	}
	s.gathering.mu.Lock()
	defer s.gathering.mu.Unlock()
	if s.gathering.done {
		return s.gathering.all, nil
	}
	for _, region := range regions {
		home := newSession(s, s.base, region)
		found, err := home.aggregators(ctx, t.In(region))
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err == nil {
			s.gathering.all = append(s.gathering.all, found...)
		}
	}
	// The organisation's first, then those that gather from accounts, whatever region they are found in.
	slices.SortStableFunc(s.gathering.all, func(a, b *aggregator) int {
		return cmp.Compare(len(a.AccountAggregationSources), len(b.AccountAggregationSources))
	})
	s.gathering.done = true
	return s.gathering.all, nil
}

// aggregators lists the aggregators of the session's region, with how far each of their sources is. One that gathers some
// types only is none of them.
func (s *session) aggregators(ctx context.Context, t *collect.Task) ([]*aggregator, error) {
	p := configservice.NewDescribeConfigurationAggregatorsPaginator(s.config(),
		&configservice.DescribeConfigurationAggregatorsInput{Limit: 100})
	list, err := whole(ctx, t, listAggregators, p,
		func(page *configservice.DescribeConfigurationAggregatorsOutput) []types.ConfigurationAggregator {
			return page.ConfigurationAggregators
		})
	if err != nil {
		return nil, err
	}
	var out []*aggregator
	for _, a := range list {
		if a.ConfigurationAggregatorName == nil || a.AggregatorFilters != nil {
			continue
		}
		g := &aggregator{ConfigurationAggregator: a, home: s, status: map[gathered]types.AggregatedSourceStatus{}}
		p := configservice.NewDescribeConfigurationAggregatorSourcesStatusPaginator(s.config(),
			&configservice.DescribeConfigurationAggregatorSourcesStatusInput{
				ConfigurationAggregatorName: a.ConfigurationAggregatorName, Limit: 100})
		err := pages(ctx, t, aggregatorStatus, p,
			func(page *configservice.DescribeConfigurationAggregatorSourcesStatusOutput) error {
				for _, status := range page.AggregatedSourceStatusList {
					from := gathered{aws.ToString(status.SourceId), aws.ToString(status.AwsRegion)}
					if status.SourceType == types.AggregatedSourceTypeOrganization {
						from.account = ""
					}
					g.status[from] = status
				}
				return nil
			})
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}

// covers returns how far the aggregator is with a region of an account; ok is false when it is none of its sources, or
// when it was never told of it.
func (a *aggregator) covers(account, region string) (types.AggregatedSourceStatus, bool) {
	if !a.asksFor(account, region) {
		return types.AggregatedSourceStatus{}, false
	}
	status, ok := a.status[gathered{account, region}]
	for from, whole := range a.status { // when the organisation's accounts cannot be told, no account is sure
		if from.account == "" && whole.LastUpdateStatus != types.AggregatedSourceStatusTypeSucceeded {
			return whole, ok
		}
	}
	return status, ok
}

// asksFor reports whether a region of an account is among the aggregator's sources.
func (a *aggregator) asksFor(account, region string) bool {
	if o := a.OrganizationAggregationSource; o != nil {
		return o.AllAwsRegions || slices.Contains(o.AwsRegions, region)
	}
	return slices.ContainsFunc(a.AccountAggregationSources, func(s types.AccountAggregationSource) bool {
		return slices.Contains(s.AccountIds, account) && (s.AllAwsRegions || slices.Contains(s.AwsRegions, region))
	})
}

// gatheredBy returns the aggregator that has all of a region of an account, or nil. One that should have it and lags behind
// or failed is an error: what it has is a part, and would be compared with the whole of another day.
func gatheredBy(all []*aggregator, account, region string) (*aggregator, error) {
	var behind error
	for _, a := range all {
		status, ok := a.covers(account, region)
		if !ok {
			continue
		}
		if status.LastUpdateStatus == types.AggregatedSourceStatusTypeSucceeded {
			return a, nil
		}
		err := fmt.Errorf("the aggregator %s has not all of it: %s", *a.ConfigurationAggregatorName,
			cmp.Or(string(status.LastUpdateStatus), "its status is not told"))
		if status.LastUpdateTime != nil {
			err = fmt.Errorf("%w since %s", err, status.LastUpdateTime.UTC().Format(time.RFC3339))
		}
		if code := aws.ToString(status.LastErrorCode); code != "" {
			err = fmt.Errorf("%w: %s", err, code)
		}
		behind = errors.Join(behind, &collect.Error{Operation: aggregatorStatus, Outcome: evidence.OutcomeFailed, Err: err})
	}
	return nil, behind
}
