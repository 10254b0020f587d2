package bundle

// SetBlockChanges makes blocks of lists end after fewer changes, so that a small history has many.
func (r *Request) SetBlockChanges(n int) { r.blockChanges = n }
