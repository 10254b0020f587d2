package github

import (
	"encoding/json"
	"errors"
	"fmt"
)

// connection is a page of a list as GraphQL gives it.
type connection struct {
	nodes []map[string]any
	next  string // the cursor of the next page; empty is none
	total int    // -1 when the query does not ask
	holes bool   // a node is null
}

// readConnection reads a connection that the query asked nodes of.
func readConnection(m map[string]any) (connection, error) {
	c := connection{total: -1, nodes: []map[string]any{}}
	list, ok := m["nodes"].([]any)
	if !ok {
		return c, errors.New("it has no nodes")
	}
	for i, v := range list {
		node, ok := v.(map[string]any)
		switch {
		case ok:
			c.nodes = append(c.nodes, node)
		case v == nil:
			c.holes = true
		default:
			return c, fmt.Errorf("node %d is no object", i)
		}
	}
	if n, ok := m["totalCount"].(json.Number); ok {
		total, err := n.Int64()
		if err != nil {
			return c, fmt.Errorf("the total of %s: %w", n, err)
		}
		c.total = int(total)
	}
	info, _ := m["pageInfo"].(map[string]any)
	if more, _ := info["hasNextPage"].(bool); more {
		if c.next, _ = info["endCursor"].(string); c.next == "" {
			return c, errors.New("it does not say where its next page begins")
		}
	}
	return c, nil
}

// whole reports whether nothing of the list is missing from the page.
func (c connection) whole() bool {
	return c.next == "" && !c.holes && (c.total < 0 || c.total <= len(c.nodes))
}

// plain puts a list in the place of the connection at key, each of its nodes as of shows it, and returns the connection.
// One that was not answered is left to the fault that says so.
func plain(doc map[string]any, key string, of func(node map[string]any) any) (connection, error) {
	m, ok := doc[key].(map[string]any)
	if !ok {
		return connection{}, nil
	}
	c, err := readConnection(m)
	if err != nil {
		return c, fmt.Errorf("read %s: %w", key, err)
	}
	doc[key] = c.shown(of)
	return c, nil
}

// shown returns the nodes, each as of shows it; nil shows it whole.
func (c connection) shown(of func(node map[string]any) any) []any {
	out := make([]any, len(c.nodes))
	for i, node := range c.nodes {
		out[i] = node
		if of != nil {
			out[i] = of(node)
		}
	}
	return out
}

// only returns a function that shows a node by one of its members alone.
func only(key string) func(map[string]any) any {
	return func(node map[string]any) any { return node[key] }
}
