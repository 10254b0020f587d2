package collect

import (
	"context"
	"strings"
)

type basePathKey struct{}

// WithBasePath states the path under which the configured address serves the API, "/api/v3": operations' paths are
// held against what follows it. It comes from the source's configuration, never from an answer.
func WithBasePath(ctx context.Context, path string) context.Context {
	return context.WithValue(ctx, basePathKey{}, strings.TrimSuffix(path, "/"))
}

func basePath(ctx context.Context) string {
	path, _ := ctx.Value(basePathKey{}).(string)
	return path
}
