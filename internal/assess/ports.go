package assess

import (
	"strconv"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// rangeIncludes is portsInclude(text, port).
func rangeIncludes(text, port ref.Val) ref.Val {
	s, ok := text.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(text)
	}
	p, ok := port.(types.Int)
	if !ok {
		return types.MaybeNoSuchOverloadErr(port)
	}
	return types.Bool(portRangeIncludes(string(s), int64(p)))
}

// portRangeIncludes reports whether a range as firewalls write it, "22", "20-30" or "*", holds the port. Any other text
// holds none.
func portRangeIncludes(text string, port int64) bool {
	if text == "*" {
		return true
	}
	low, high, isRange := strings.Cut(text, "-")
	if !isRange {
		high = low
	}
	from, err1 := strconv.ParseInt(strings.TrimSpace(low), 10, 32)
	to, err2 := strconv.ParseInt(strings.TrimSpace(high), 10, 32)
	return err1 == nil && err2 == nil && from <= port && port <= to
}
