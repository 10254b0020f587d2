package simcloud

type gcpKey struct{}

func newGCPKey() (gcpKey, error) { return gcpKey{}, nil }
func (c *Cloud) routeGCP(r *request) call {
	return call{answer: func() response { return response{status: 404} }}
}
func (c *Cloud) routeAzure(r *request) call  { return c.routeGCP(r) }
func (c *Cloud) routeGitHub(r *request) call { return c.routeGCP(r) }
