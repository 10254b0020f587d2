package change

import "strings"

// Kind says what an actor is.
type Kind string

const (
	// Person is an account that its provider takes for somebody's. Robots that use such an account cannot be told apart.
	Person Kind = "person"
	// Robot is an app, a bot, a token of a pipeline or the provider itself.
	Robot Kind = "robot"
	// Unclear is an account that is deleted, or that the provider does not name.
	Unclear Kind = "unknown"
)

// Actor is an account at one provider.
type Actor struct {
	ID    string // the provider's own; empty when it names none
	Login string // for people
	Kind  Kind
}

// Deleted stands for an account that is no more.
const Deleted = "deleted account"

// Unnamed stands for somebody whom the provider does not name.
const Unnamed = "somebody unnamed"

// unnamed is the actor that the provider does not name. Two of them are not taken for the same.
func unnamed() Actor { return Actor{Login: Unnamed, Kind: Unclear} }

// nobody is the actor that the provider names no longer.
func nobody() Actor { return Actor{Login: Deleted, Kind: Unclear} }

// Is reports whether both are known to be the same account: by their ids, and by name when one has no id.
func (a Actor) Is(b Actor) bool {
	switch {
	case a.ID != "" && b.ID != "":
		return a.ID == b.ID
	case a.Kind == Unclear && a.ID == "" && (a.Login == Deleted || a.Login == Unnamed):
		return false
	}
	return a.Login != "" && strings.EqualFold(a.Login, b.Login)
}

// known reports whether the actor can be compared with others.
func (a Actor) known() bool { return a.ID != "" || a.Login != "" && a.Login != Deleted }

// among reports whether the actor is one of several.
func (a Actor) among(list []Actor) bool {
	for _, b := range list {
		if a.Is(b) {
			return true
		}
	}
	return false
}

// Names are the logins of actors, each once, in their order.
func Names(list []Actor) []string {
	out := []string{}
	seen := map[string]bool{}
	for _, a := range list {
		if !seen[a.Login] {
			seen[a.Login] = true
			out = append(out, a.Login)
		}
	}
	return out
}
