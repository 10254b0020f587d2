package evidence

import "time"

// Preceding is the production deployment that came before a failure began, where the configuration says that it changes
// things in the failure's account. It tells what came first, never that one made the other.
type Preceding struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	Repository  string `json:"repository,omitempty"`
	Environment string `json:"environment"`
	// By are those who had a hand in starting it; none when nothing tells.
	By []string `json:"by,omitempty"`
	// Start is when it began to change things.
	Start time.Time `json:"start"`
	// Within is how long after the start the failure began, at most.
	Within Duration `json:"within"`
	// Certain says that it began after the start and within the time in which it is tied to it. Otherwise looking now and
	// then leaves that open.
	Certain bool `json:"certain"`
	// Others counts the deployments to other places that the failure follows as surely.
	Others int `json:"others,omitempty"`
}
