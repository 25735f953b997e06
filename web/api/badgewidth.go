package api

// charWidths are the widths of the characters from U+0020 to U+007E and from U+00A0 to U+00FF in the font of badges, DejaVu
// Sans, in thousandths of the font's size. Verdana, which browsers without it take, is as wide or less.
var (
	asciiWidths = [...]uint16{
		318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337,
		636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531,
		1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787,
		603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500,
		500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612,
		635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
	}
	latinWidths = [...]uint16{
		318, 401, 636, 636, 636, 636, 337, 500, 500, 1000, 471, 612, 838, 361, 1000, 500,
		500, 838, 401, 401, 500, 636, 636, 318, 500, 401, 471, 612, 969, 969, 969, 531,
		684, 684, 684, 684, 684, 684, 974, 698, 632, 632, 632, 632, 295, 295, 295, 295,
		775, 748, 787, 787, 787, 787, 787, 838, 787, 732, 732, 732, 732, 611, 605, 630,
		613, 613, 613, 613, 613, 613, 982, 550, 615, 615, 615, 615, 278, 278, 278, 278,
		612, 634, 612, 612, 612, 612, 612, 838, 612, 634, 634, 634, 634, 592, 635, 592,
	}
)

const (
	fontSize   = 11.0 // pixels
	otherWidth = 700  // of characters that are in no table
	wideWidth  = 1000 // of those of East Asian scripts and of pictures
)

// textWidth returns the width of a text in the font of badges, in pixels.
func textWidth(s string) float64 {
	total := 0
	for _, r := range s {
		switch {
		case r >= ' ' && r <= '~':
			total += int(asciiWidths[r-' '])
		case r >= 0xa0 && r <= 0xff:
			total += int(latinWidths[r-0xa0])
		case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3, r >= 0xf900 && r <= 0xfaff,
			r >= 0xff00 && r <= 0xff60, r >= 0x1f000:
			total += wideWidth
		case r >= 0x300 && r <= 0x36f, r == 0x200b: // combine with the character before
		default:
			total += otherWidth
		}
	}
	return float64(total) * fontSize / 1000
}
