package aws

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudcontrol"
	"github.com/aws/aws-sdk-go-v2/service/cloudcontrol/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// ControlledDoc is a resource as Cloud Control lists it. Its properties are those of its CloudFormation type, as far as the
// list tells them, which for some types is no more than what they are called.
type ControlledDoc struct {
	TypeName   string
	Identifier string
	Properties json.RawMessage
}

const (
	cloudControlType = "aws.cloudcontrol.resource"
	listResources    = "cloudcontrol:ListResources"
)

func (s *session) cloudControl() *cloudcontrol.Client {
	return client(s, "cloudcontrol", func() *cloudcontrol.Client { return cloudcontrol.NewFromConfig(s.cfg) })
}

// cloudcontrolResource lists every resource that Cloud Control lists and no other collector reads, and holds the lists of
// those against what it knows.
func cloudcontrolResource() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  cloudControlType,
			Title: "Resource listed by Cloud Control",
			Doc:   evidence.ShapeOf[ControlledDoc](),
			Secret: []string{ // settings of programs, which hold secrets more often than not
				"/Properties/ContainerDefinitions/*/Environment/*/Value",
				"/Properties/LaunchTemplateData/UserData",
				"/Properties/UserData",
			},
		},
		Version:  1,
		Regional: true,
		Last:     true,
		Operations: []collect.Operation{
			{Name: listResources, Permissions: []string{"cloudformation:ListResources"},
				Absent: []string{"TypeNotFoundException", "UnsupportedActionException", needsInput}},
		},
		Collect: collect.Typed(collectControlled),
	}
}

// controlled is one listing of all types in a region.
type controlled struct {
	*session
	task *collect.Task
	deep map[string]string

	mu     sync.Mutex
	kept   int
	known  map[string][]collect.Known // of the deep types, by type
	failed map[string]*collect.Error  // by type
	absent map[string][]string        // types by why they cannot be listed
}

// collectControlled lists one type after the other. One that may not be listed, or cannot be, is no end of the others: what
// was seen is kept, and the list is not whole.
func collectControlled(ctx context.Context, s *session, t *collect.Task) error {
	all := typesIn(cloudControlTypes)
	if len(s.collected) > 0 && s.collected[0] == s.cfg.Region {
		all = append(all, typesIn(cloudControlGlobal)...)
	}
	c := &controlled{session: s, task: t, deep: deepTypes(), known: map[string][]collect.Known{},
		failed: map[string]*collect.Error{}, absent: map[string][]string{}}
	if err := collect.Each(ctx, all, c.list); err != nil {
		return err
	}
	params := map[string]string{"TypeName": fmt.Sprint(len(all), " types")}
	for why, names := range c.absent {
		slices.Sort(names)
		t.Listed(len(names))
		t.Exclude(why, len(names))
		params[why] = strings.Join(names, ", ")
	}
	t.Params(listResources, params)
	for typ, collector := range c.deep {
		known, ok := c.known[typ]
		if _, failed := c.failed[typ]; failed || !ok {
			continue
		}
		if err := t.Compare(collector, listResources, known, 0); err != nil {
			return err
		}
	}
	return c.failure(len(all))
}

// list goes through the pages of one type. The error is only for what ends the listing of all types.
func (c *controlled) list(ctx context.Context, typ string) error {
	in := &cloudcontrol.ListResourcesInput{TypeName: &typ}
	for {
		page, err := ask(ctx, c.task, listResources, func(ctx context.Context) (*cloudcontrol.ListResourcesOutput, error) {
			page, err := c.cloudControl().ListResources(ctx, in)
			if err == nil && page.ResourceDescriptions == nil {
				err = errors.New("malformed answer: it lists no resources, not even none")
			}
			return page, err
		})
		if err != nil {
			return c.unlisted(typ, err)
		}
		if err := c.page(ctx, typ, page.ResourceDescriptions); err != nil {
			return err
		}
		switch {
		case aws.ToString(page.NextToken) == "":
			return nil
		case aws.ToString(page.NextToken) == aws.ToString(in.NextToken):
			return errors.New("malformed answer: a page of resources names itself as the next")
		}
		in.NextToken = page.NextToken
	}
}

// unlisted notes why a type could not be listed.
func (c *controlled) unlisted(typ string, err error) error {
	var e *collect.Error
	if !errors.As(err, &e) {
		return err // the run has ended
	}
	if e.Outcome == evidence.OutcomeDenied && !ofHandler(err) {
		return err // of all types
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !e.Absent:
		c.failed[typ] = e
	case e.Code == "TypeNotFoundException":
		c.absent["type that the region does not have"] = append(c.absent["type that the region does not have"], typ)
	default:
		c.absent["type that cannot be listed"] = append(c.absent["type that cannot be listed"], typ)
	}
	return nil
}

// page emits the resources of a page, or notes what is known of another collector's subjects.
func (c *controlled) page(ctx context.Context, typ string, list []types.ResourceDescription) error {
	_, deep := c.deep[typ]
	c.mu.Lock()
	if deep && c.known[typ] == nil {
		c.known[typ] = []collect.Known{}
	}
	if !deep {
		c.kept += len(list)
	}
	kept := c.kept
	c.mu.Unlock()
	if kept > inventoryLimit {
		return fmt.Errorf("list resources: there are more than %d", inventoryLimit)
	}
	if !deep {
		c.task.Listed(len(list))
	}
	for _, r := range list {
		id := aws.ToString(r.Identifier)
		if id == "" {
			return fmt.Errorf("malformed answer: a resource of %s has no identifier", typ)
		}
		if deep {
			c.mu.Lock()
			c.known[typ] = append(c.known[typ], collect.Known{Names: []string{id, id[strings.LastIndex(id, "/")+1:]}})
			c.mu.Unlock()
			continue
		}
		if err := c.emitResource(ctx, typ, id, aws.ToString(r.Properties)); err != nil {
			return err
		}
	}
	return nil
}

// emitResource emits one resource. Its properties are JSON in text.
func (c *controlled) emitResource(ctx context.Context, typ, id, properties string) error {
	doc := map[string]any{"TypeName": typ, "Identifier": id}
	sub := evidence.Subject{ID: typ + "/" + id, Name: id, Tags: map[string]string{}}
	if properties != "" {
		var p struct {
			Name any
			Tags json.RawMessage
		}
		if err := json.Unmarshal([]byte(properties), &p); err != nil {
			return fmt.Errorf("malformed answer: the properties of a resource of %s are no JSON object: %w", typ, err)
		}
		if name, ok := p.Name.(string); ok {
			sub.Name = cmp.Or(name, id)
		}
		sub.Tags = tagsOf(p.Tags)
		if !withheld(typ) {
			doc["Properties"] = json.RawMessage(properties)
		}
	}
	var err error
	if sub.Doc, err = json.Marshal(doc); err != nil {
		return err
	}
	return c.task.Emit(ctx, sub)
}

// tagsOf reads tags in either shape that types have them in: a list of keys and values, or an object.
func tagsOf(raw json.RawMessage) map[string]string {
	tags := map[string]string{}
	var list []struct{ Key, Value string }
	if json.Unmarshal(raw, &list) == nil {
		for _, t := range list {
			tags[t.Key] = t.Value
		}
		return tags
	}
	if json.Unmarshal(raw, &tags) != nil || tags == nil {
		return map[string]string{}
	}
	return tags
}

// refused finds the action that a type's own service refused.
var refused = regexp.MustCompile(`is not authorized to perform: ([\w-]+:\w+)`)

// failure is what the types that could not be listed make of the whole: the gravest of their outcomes.
func (c *controlled) failure(all int) error {
	if len(c.failed) == 0 {
		return nil
	}
	var worst *collect.Error
	var told []string
	for _, typ := range slices.Sorted(maps.Keys(c.failed)) {
		e := c.failed[typ]
		if worst == nil || evidence.Worse(worst.Outcome, e.Outcome) != worst.Outcome {
			worst = e
		}
		if len(told) < 5 {
			if m := refused.FindStringSubmatch(e.Err.Error()); m != nil {
				typ += " (needs " + m[1] + ")"
			}
			told = append(told, typ)
		}
	}
	if left := len(c.failed) - len(told); left > 0 {
		told = append(told, fmt.Sprint(left, " more"))
	}
	e := *worst
	if e.Outcome == evidence.OutcomeNotEnabled {
		e.Outcome = evidence.OutcomeFailed // one service is off, and others are not
	}
	e.Err = fmt.Errorf("%d of %d types could not be listed: %s", len(c.failed), all, strings.Join(told, ", "))
	return &e
}
