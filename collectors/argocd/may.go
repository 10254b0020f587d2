package argocd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"exhibit/internal/collect"
)

const opCanI = "argocd:AccountService.CanI"

// canI is the question what the token may do. Every caller may ask it; the permissions are those that the answer is wanted
// to confirm.
func canI(permissions ...string) collect.Operation {
	return collect.Operation{Name: opCanI, Permissions: permissions,
		Method: "GET", Path: "/api/v1/account/can-i/{resource}/{action}/{object...}"}
}

// errNotAll is the answer to a token that may see some things of a list only. The API leaves the others out and says
// nothing of it.
var errNotAll = errors.New("the token may not see all of them, and the list does not say which are left out")

// may asks what the token may do: yes or no. refuse turns the answer into an error of the call; nil takes each.
func (s *session) may(ctx context.Context, t *collect.Task, right string, refuse func(string) error) (string, error) {
	var answer struct {
		Value string `json:"value"`
	}
	err := t.Call(ctx, opCanI, func(ctx context.Context) error {
		err := s.get(ctx, "/api/v1/account/can-i/"+strings.ReplaceAll(right, ", ", "/"), nil, &answer)
		if err == nil && answer.Value != "yes" && answer.Value != "no" {
			err = fmt.Errorf("read the answer: %q is neither yes nor no", answer.Value)
		}
		if err == nil && refuse != nil {
			err = refuse(answer.Value)
		}
		return err
	})
	return answer.Value, err
}

// all makes sure that a list holds all there is of what the right is about.
func (s *session) all(ctx context.Context, t *collect.Task, right string) error {
	_, err := s.may(ctx, t, right, func(value string) error {
		if value == "no" {
			return errNotAll
		}
		return nil
	})
	return err
}
