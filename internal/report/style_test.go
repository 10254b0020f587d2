package report

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestColorsCanBeRead holds the contrast of every text on its ground at 4.5 to 1 (WCAG AA), in the light and in the dark.
func TestColorsCanBeRead(t *testing.T) {
	blocks := regexp.MustCompile(`:root\{([^}]*--paper[^}]*--good[^}]*)\}`).FindAllStringSubmatch(style, -1)
	if len(blocks) != 2 {
		t.Fatalf("found %d palettes, want light and dark", len(blocks))
	}
	for _, b := range blocks {
		colors := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z-]+):#([0-9a-f]{3,6})`).FindAllStringSubmatch(b[1], -1) {
			colors[m[1]] = m[2]
		}
		for _, pair := range [][2]string{{"ink", "paper"}, {"soft", "paper"}, {"link", "paper"}, {"good", "paper"}, {"bad", "paper"}, {"good", "good-bg"},
			{"bad", "bad-bg"}, {"unknown", "unknown-bg"}, {"accepted", "accepted-bg"}, {"quiet", "quiet-bg"}, {"ink", "unknown-bg"}} {
			if c := contrast(t, colors[pair[0]], colors[pair[1]]); c < 4.5 {
				t.Errorf("%s on %s: contrast %.2f", pair[0], pair[1], c)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + .05) / (min(x, y) + .05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	if len(hex) == 3 {
		hex = strings.Repeat(hex[:1], 2) + strings.Repeat(hex[1:2], 2) + strings.Repeat(hex[2:], 2)
	}
	sum := 0.0
	for i, weight := range []float64{.2126, .7152, .0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatalf("colour %q: %v", hex, err)
		}
		v := float64(n) / 255
		if v <= .03928 {
			v /= 12.92
		} else {
			v = math.Pow((v+.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}
