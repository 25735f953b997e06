package quantity

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// sizeUnit returns the bytes of a unit of Netdata's size grammar, in which
// case matters (netdata v2.11.0: src/libnetdata/parsers/size.c), or 0.
func sizeUnit(name string) float64 {
	switch name {
	case "B":
		return 1
	case "k", "K", "KB":
		return 1e3
	case "M", "MB":
		return 1e6
	case "G", "GB":
		return 1e9
	case "T", "TB":
		return 1e12
	case "P", "PB":
		return 1e15
	case "KiB":
		return 1 << 10
	case "MiB":
		return 1 << 20
	case "GiB":
		return 1 << 30
	case "TiB":
		return 1 << 40
	case "PiB":
		return 1 << 50
	}
	return 0
}

// ParseSize parses a size as Netdata writes it and returns bytes: a number in
// units of the given number of bytes ("256"), a number with a unit ("1GiB",
// "1.5 MB"), or "off" for zero.
func ParseSize(s string, unit uint64) (uint64, error) {
	text := trim(s)
	switch text {
	case "":
		return 0, errors.New("empty size")
	case "off":
		return 0, nil
	}
	number, unitName, rest := splitQuantity(text)
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || rest != "" {
		return 0, fmt.Errorf("%s is not a size such as 1024, 256MiB or 1.5GB", excerpt(s))
	}
	factor := float64(unit)
	if unitName != "" {
		if factor = sizeUnit(unitName); factor == 0 {
			return 0, fmt.Errorf("unknown unit %s of size %s (case matters: KiB, MB, GiB)", excerpt(unitName), excerpt(s))
		}
	}
	if v *= factor; v >= math.MaxInt64 {
		return 0, fmt.Errorf("size %s is too large", excerpt(s))
	}
	return uint64(math.Round(v)), nil
}
