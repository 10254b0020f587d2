package report

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"exhibit/internal/evidence"
)

// Picture is a small image that a mail carries with it.
type Picture struct {
	// CID is by which the HTML names it; it is unique within the mail.
	CID string
	// Alt says in words what the picture shows.
	Alt string
	PNG []byte
	// Width and Height are what it is shown as, in CSS pixels; it holds twice as many of its own.
	Width, Height int
}

// Pictures draws how much passes, now and before, and what failed on each of the last days. A report without news has
// none.
func (d *Digest) Pictures() ([]Picture, error) {
	if !d.News() {
		return nil, nil
	}
	var out []Picture
	if d.Score.All() > 0 {
		scores := []Score{d.Score}
		if d.compares() {
			scores = append(scores, *d.Before)
		}
		out = append(out, Picture{CID: "score", Alt: d.scoreAlt(), Width: pictureWidth, Height: 28})
		if err := out[0].draw(scoreBars(scores)); err != nil {
			return nil, err
		}
	}
	days := Picture{CID: "days", Alt: d.daysAlt(), Width: pictureWidth, Height: 48}
	err := days.draw(dayBars(d.Days))
	return append(out, days), err
}

// compares reports whether the score before is told, too.
func (d *Digest) compares() bool { return d.Before != nil && d.Threshold == "" && d.Before.All() > 0 }

// pictureWidth is that of the mail's column.
const pictureWidth = 552

func (p *Picture) draw(img image.Image) error {
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, img); err != nil {
		return fmt.Errorf("draw the picture %s: %w", p.CID, err)
	}
	p.PNG = b.Bytes()
	return nil
}

// The colours of a picture. They are told apart on white and on black.
const (
	inkNone = iota
	inkGood
	inkBad
	inkAccepted
	inkUnknown
	inkGap // between the stripes of what is not known
	inkCritical
	inkHigh
	inkMedium
	inkLow
	inkLine
)

func palette() color.Palette {
	rgb := func(v uint32) color.Color {
		return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255}
	}
	return color.Palette{color.NRGBA{}, rgb(0x2a8f87), rgb(0xcb4f26), rgb(0x8570bd), rgb(0xb08a1e), rgb(0xf0e2b4),
		rgb(0xa3231f), rgb(0xd8622f), rgb(0xc79a2b), rgb(0x8a9099), rgb(0x8a9099)}
}

func canvas(width, height int) *image.Paletted {
	return image.NewPaletted(image.Rect(0, 0, 2*width, 2*height), palette())
}

// fill paints a rectangle; what is unknown is striped, so that it is told from the rest without colours.
func fill(img *image.Paletted, r image.Rectangle, ink uint8) {
	r = r.Intersect(img.Bounds())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c := ink
			if ink == inkUnknown && (x+y)%12 < 5 {
				c = inkGap
			}
			img.SetColorIndex(x, y, c)
		}
	}
}

// scoreBars draws the score of now, and below it that of before, thinner.
func scoreBars(scores []Score) *image.Paletted {
	img := canvas(pictureWidth, 28)
	scoreBar(img, scores[0], 0, 36)
	if len(scores) > 1 {
		scoreBar(img, scores[1], 42, 56)
	}
	return img
}

// scoreBar draws one score between two heights. A part that is there is seen, however small it is.
func scoreBar(img *image.Paletted, s Score, top, bottom int) {
	inks := []uint8{inkGood, inkBad, inkAccepted, inkUnknown}
	width, x, sum := img.Bounds().Dx(), 0, 0
	parts := scoreParts(s)
	for n, p := range parts {
		sum += p.n
		end := sum * width / s.All()
		if p.n == 0 {
			continue
		}
		end = max(end, x+6)
		rest := 0 // what the parts to come need at least
		for _, later := range parts[n+1:] {
			if later.n > 0 {
				rest += 6
			}
		}
		end = min(end, width-rest)
		fill(img, image.Rect(x, top, end, bottom), inks[n])
		x = end
	}
}

// dayBars draws a bar for each day, by severity, the gravest at the bottom; a day of which nothing is known is
// striped.
func dayBars(days []DigestDay) *image.Paletted {
	const height = 48
	img := canvas(pictureWidth, height)
	most := 1
	for _, d := range days {
		most = max(most, d.Sum())
	}
	width, base := img.Bounds().Dx(), 2*height-4
	for n, d := range days {
		left, right := n*width/len(days)+2, (n+1)*width/len(days)-4
		if !d.Known {
			fill(img, image.Rect(left, base-12, right, base), inkUnknown)
			continue
		}
		low, high := d.Sum(), 0
		bar := func(n int, ink uint8) {
			fill(img, image.Rect(left, base-(high+n)*(base-4)/most, right, base-high*(base-4)/most), ink)
			high, low = high+n, low-n
		}
		bar(d.Failing[evidence.Critical], inkCritical)
		bar(d.Failing[evidence.High], inkHigh)
		bar(d.Failing[evidence.Medium], inkMedium)
		bar(low, inkLow) // and what has another severity
	}
	fill(img, image.Rect(0, base, width, base+2), inkLine)
	return img
}

// scoreAlt says what the bars show.
func (d *Digest) scoreAlt() string {
	out := "Now " + scoreWords(d.Score)
	if d.compares() {
		out += "; before " + scoreWords(*d.Before)
	}
	return out + "."
}

func scoreWords(s Score) string {
	var out string
	for _, p := range scoreParts(s) {
		if p.n > 0 {
			out += ", " + group(p.n) + " " + p.name
		}
	}
	return out[min(len(out), 2):]
}
