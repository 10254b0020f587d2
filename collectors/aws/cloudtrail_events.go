package aws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// EventDoc is a record of CloudTrail, which is the document as it stands less the values of environments.
type EventDoc struct {
	EventID      string    `json:"eventID"`
	EventName    string    `json:"eventName"`
	EventSource  string    `json:"eventSource"`
	EventTime    time.Time `json:"eventTime"`
	EventType    string    `json:"eventType"`
	EventVersion string    `json:"eventVersion"`
	// EventCategory is "Management" for all that LookupEvents tells.
	EventCategory   string        `json:"eventCategory"`
	ManagementEvent bool          `json:"managementEvent"`
	ReadOnly        bool          `json:"readOnly"`
	AWSRegion       string        `json:"awsRegion"`
	SourceIPAddress string        `json:"sourceIPAddress"`
	UserAgent       string        `json:"userAgent"`
	UserIdentity    EventIdentity `json:"userIdentity"`
	ErrorCode       string        `json:"errorCode"`
	ErrorMessage    string        `json:"errorMessage"`
	// RequestParameters, ResponseElements and the others without a shape differ from event to event.
	RequestParameters   json.RawMessage `json:"requestParameters"`
	ResponseElements    json.RawMessage `json:"responseElements"`
	AdditionalEventData json.RawMessage `json:"additionalEventData"`
	ServiceEventDetails json.RawMessage `json:"serviceEventDetails"`
	Resources           json.RawMessage `json:"resources"`
	TLSDetails          json.RawMessage `json:"tlsDetails"`
	Addendum            json.RawMessage `json:"addendum"`
	EventContext        json.RawMessage `json:"eventContext"`
	APIVersion          string          `json:"apiVersion"`
	RequestID           string          `json:"requestID"`
	RecipientAccountID  string          `json:"recipientAccountId"`
	SharedEventID       string          `json:"sharedEventID"`
	VPCEndpointID       string          `json:"vpcEndpointId"`
	VPCEndpointAccount  string          `json:"vpcEndpointAccountId"`
	// SessionCredentialFromConsole is "true" for what was done in a session of the console.
	SessionCredentialFromConsole string `json:"sessionCredentialFromConsole"`
}

// EventIdentity is who called.
type EventIdentity struct {
	Type             string          `json:"type"`
	PrincipalID      string          `json:"principalId"`
	ARN              string          `json:"arn"`
	AccountID        string          `json:"accountId"`
	AccessKeyID      string          `json:"accessKeyId"`
	UserName         string          `json:"userName"`
	InvokedBy        string          `json:"invokedBy"`
	IdentityProvider string          `json:"identityProvider"`
	CredentialID     string          `json:"credentialId"`
	SessionContext   json.RawMessage `json:"sessionContext"`
	OnBehalfOf       json.RawMessage `json:"onBehalfOf"`
	InScopeOf        json.RawMessage `json:"inScopeOf"`
}

// history is what a population is picked from: the event history that CloudTrail keeps of every account and region,
// whether there is a trail or not.
type history struct {
	typ, title string
	version    int // 0 is 1
	regional   bool
	// attribute and values are what events are looked up by: one question for each value.
	attribute types.LookupAttributeKey
	values    []string
	secret    []string
	// source is the service whose events these are: others have events of the same names. Empty is any.
	source string
	// global asks the region where global events are told as well, when it is not collected itself.
	global bool
	// leave says why an event that was found is none of the population's; "" keeps it. It may be nil.
	leave func(EventDoc) string
}

// keyOfCaller is the access key that a call was signed with. The same key has the same digest at the user that owns it.
const keyOfCaller = "/userIdentity/accessKeyId"

func (h history) collector() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type: h.typ, Title: h.title, Doc: evidence.ShapeOf[EventDoc](), Population: true,
			Secret: append([]string{keyOfCaller}, h.secret...),
		},
		Version:  max(h.version, 1),
		Regional: h.regional,
		// CloudTrail keeps events for 90 days, and as a rule tells of one within 15 minutes.
		Events: &collect.Events{
			View: 90 * 24 * time.Hour, Retention: 90 * 24 * time.Hour, Settling: 30 * time.Minute, When: "eventTime",
		},
		Operations: []collect.Operation{
			{Name: "cloudtrail:LookupEvents", Permissions: []string{"cloudtrail:LookupEvents"}},
		},
		Collect: collect.Typed(h.collect),
	}
}

func (h history) collect(ctx context.Context, s *session, t *collect.Task) error {
	regions := h.regions(s)
	t.Params("cloudtrail:LookupEvents", map[string]string{
		string(h.attribute): strings.Join(h.values, ", "), "region": strings.Join(regions, ", "),
		"StartTime": t.Since().UTC().Format(time.RFC3339),
	})
	for _, region := range regions {
		err := collect.Each(ctx, h.values, func(ctx context.Context, value string) error {
			return h.lookUp(ctx, s, t.In(region), region, value)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// regions are those that are asked. Where the region that is told of global events is not collected itself, the first one
// that is asks there too: a sign-in as root must not be missed because of how the source is configured.
func (h history) regions(s *session) []string {
	global := globalRegion(s.partition)
	switch {
	case !h.regional:
		return []string{global}
	case h.global && len(s.collected) > 0 && s.collected[0] == s.cfg.Region && !slices.Contains(s.collected, global):
		return []string{s.cfg.Region, global}
	}
	return []string{s.cfg.Region}
}

// lookUp goes through the pages of one question.
func (h history) lookUp(ctx context.Context, s *session, t *collect.Task, region, value string) error {
	in := &cloudtrail.LookupEventsInput{
		LookupAttributes: []types.LookupAttribute{{AttributeKey: h.attribute, AttributeValue: aws.String(value)}},
		StartTime:        aws.Time(t.Since()), MaxResults: aws.Int32(50),
	}
	for {
		page, err := ask(ctx, t, "cloudtrail:LookupEvents", func(ctx context.Context) (*cloudtrail.LookupEventsOutput, error) {
			return s.eventHistory(region).LookupEvents(ctx, in)
		})
		if err != nil {
			return err
		}
		t.Listed(len(page.Events))
		for _, e := range page.Events {
			if err := h.event(ctx, s, t, e); err != nil {
				return err
			}
		}
		switch {
		case aws.ToString(page.NextToken) == "":
			return nil
		case aws.ToString(page.NextToken) == aws.ToString(in.NextToken):
			return errors.New("malformed answer: a page of events names itself as the next")
		}
		in.NextToken = page.NextToken
	}
}

// event emits one event that was found, or says why not.
func (h history) event(ctx context.Context, s *session, t *collect.Task, found types.Event) error {
	record := []byte(aws.ToString(found.CloudTrailEvent))
	var doc EventDoc
	if err := json.Unmarshal(record, &doc); err != nil {
		return fmt.Errorf("read the record of event %s: %w", aws.ToString(found.EventId), err)
	}
	if doc.EventID == "" || doc.EventID != aws.ToString(found.EventId) || doc.EventTime.IsZero() {
		return errors.New("malformed answer: the record of event " + aws.ToString(found.EventId) + " is not its own")
	}
	reason := ""
	switch {
	case doc.RecipientAccountID != "" && doc.RecipientAccountID != s.account:
		reason = "told to another account"
	case h.source != "" && doc.EventSource != h.source:
		reason = "of another service, which calls it the same"
	case h.leave != nil:
		reason = h.leave(doc)
	case doc.ReadOnly:
		reason = "it only reads"
	}
	if reason != "" {
		t.Exclude(reason, 1)
		return nil
	}
	sub := subject(doc.EventID, doc.EventName+" by "+doc.UserIdentity.name())
	kept, err := withoutEnvironment(record)
	if err != nil {
		return fmt.Errorf("read the record of event %s: %w", doc.EventID, err)
	}
	sub.Doc = kept
	return t.Emit(ctx, sub)
}

// name is how people call who called.
func (i EventIdentity) name() string {
	switch {
	case i.Type == "Root":
		return "root"
	case i.UserName != "":
		return i.UserName
	case i.Type == "AssumedRole" && strings.Contains(i.ARN, "/"):
		return i.ARN[strings.IndexByte(i.ARN, '/')+1:]
	case i.InvokedBy != "":
		return i.InvokedBy
	case i.PrincipalID != "":
		return i.PrincipalID
	}
	return "somebody unnamed"
}

// globalRegion is where a partition records the events of its global services.
func globalRegion(partition string) string {
	switch partition {
	case "aws-cn":
		return "cn-north-1"
	case "aws-us-gov":
		return "us-gov-west-1"
	}
	return "us-east-1"
}

// eventHistory returns a client for the event history of a region.
func (s *session) eventHistory(region string) *cloudtrail.Client {
	return client(s, "cloudtrail|"+region, func() *cloudtrail.Client {
		return cloudtrail.NewFromConfig(s.cfg, func(o *cloudtrail.Options) { o.Region = region })
	})
}
