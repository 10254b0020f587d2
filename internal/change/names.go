package change

import "slices"

// nameOf is an account with the name that people know it by.
type nameOf struct {
	name  string
	actor Actor
}

// byName finds accounts by their names. A name that two accounts have is nobody's.
func byName(list []nameOf) map[string]Actor {
	out, twice := map[string]Actor{}, map[string]bool{}
	for _, n := range list {
		if n.name == "" || !n.actor.known() {
			continue
		}
		if have, taken := out[n.name]; taken && !have.Is(n.actor) {
			twice[n.name] = true
		}
		out[n.name] = n.actor
	}
	for name := range twice {
		delete(out, name)
	}
	return out
}

// authorsBy are the authors of a commit that carries names alone, and how many of the names are of no account.
func authorsBy(named map[string]Actor, names ...string) (authors []Actor, nameless int) {
	for _, name := range slices.Compact(names) {
		if a, ok := named[name]; ok {
			authors = append(authors, a)
		} else {
			nameless++
		}
	}
	return authors, nameless
}
