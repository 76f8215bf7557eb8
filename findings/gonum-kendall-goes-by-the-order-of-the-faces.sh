#!/usr/bin/env bash
# gonum 0.17.0 (Go): stat.Kendall counts a pair of equal ratings as agreement or disagreement by which face comes first.
#
# Expected: Kendall's tau-a, as its documentation says: concordant less discordant pairs, divided by all pairs. A pair that
#   is equal in one of the two lists is neither, and the faces' order does not matter.
# Seen: the sign of a difference is taken by its sign bit, and 0 has that of a positive number. A tie is therefore a rise:
#   concordant where the other list rises from the earlier face to the later one, discordant where it falls. Ratings
#   on a scale of 1 to 5 consist of ties. The same 60 faces give another number for each order: sorted by the network's
#   answer upwards, as by ORDER BY, it is too high, downwards too low; a network that gives every face the same rating
#   agrees perfectly (1) or not at all (-1), and a coarse network beats a better one by the order. With weights it is the
#   same; numbers without ties are right in each order. (stat/stat.go, Kendall: math.Signbit of both differences.)
# So: KendallTau of montanaflynn/stats, which is tau-b, or count the pairs yourself; the same faces in reverse in a test.
set -euo pipefail
command -v go >/dev/null || { echo "Needs go 1.25 or newer" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOPATH=$folder/go GOCACHE=$folder/cache GOFLAGS=-modcacherw
cat >go.mod <<'END'
module looks

go 1.25
END
cat >main.go <<'END'
package main

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"slices"

	"github.com/montanaflynn/stats"
	"gonum.org/v1/gonum/stat"
)

// tauA is the definition: a pair that is equal in a list counts nothing.
func tauA(x, y []float64) float64 {
	sum, pairs := 0, 0
	for i := range x {
		for j := range i {
			sum += cmp.Compare(x[i], x[j]) * cmp.Compare(y[i], y[j])
			pairs++
		}
	}
	return float64(sum) / float64(pairs)
}

// pick gives the values in another order.
func pick(values []float64, order []int) []float64 {
	picked := make([]float64, len(values))
	for i, from := range order {
		picked[i] = values[from]
	}
	return picked
}

func main() {
	// 60 faces: how pleased people found them, from 1 to 5, and what three networks say.
	var people, fine, coarse, same, ones []float64
	for i := range 60 {
		look := math.Mod(float64(i)*0.618034, 1)
		people = append(people, math.Floor(look*5)+1)
		fine = append(fine, look+0.45*math.Sin(float64(i)*12.9898))
		coarse = append(coarse, math.Round(look*2+0.9*math.Sin(float64(i)*78.233)))
		same = append(same, 3)
		ones = append(ones, 1)
	}
	asListed := make([]int, 60)
	for i := range asListed {
		asListed[i] = i
	}
	ok := true
	check := func(is bool) {
		if !is {
			fmt.Println("changed")
			ok = false
		}
	}
	fmt.Printf("%-36s %9s %9s %9s %11s %12s\n", "people's ratings and", "as listed", "rising", "falling", "definition",
		"montanaflynn")
	show := func(what string, x, y []float64) (numbers [3]float64) {
		rising := slices.Clone(asListed)
		slices.SortFunc(rising, func(a, b int) int {
			return cmp.Or(cmp.Compare(y[a], y[b]), cmp.Compare(x[a], x[b]))
		})
		falling := slices.Clone(rising)
		slices.Reverse(falling)
		for i, order := range [][]int{asListed, rising, falling} {
			numbers[i] = stat.Kendall(pick(x, order), pick(y, order), nil)
			check(numbers[i] == stat.Kendall(pick(x, order), pick(y, order), ones))
			check(tauA(pick(x, order), pick(y, order)) == tauA(x, y))
		}
		other, _ := stats.KendallTau(x, y)
		fmt.Printf("%-36s %9.2f %9.2f %9.2f %11.2f %12.2f\n", what, numbers[0], numbers[1], numbers[2], tauA(x, y), other)
		return numbers
	}
	ofFine := show("a network with decimals", people, fine)
	ofCoarse := show("a network of three levels", people, coarse)
	ofSame := show("one that answers 3 to every face", people, same)
	for _, n := range [][3]float64{ofFine, ofCoarse, ofSame} {
		check(n[1]-n[2] > 0.15)
	}
	check(ofSame[1] == 1 && ofSame[2] < -0.6)
	check(ofCoarse[1] > ofFine[1] && tauA(people, coarse) < tauA(people, fine))

	// Without ties it is right.
	var sure []float64
	for i := range 60 {
		sure = append(sure, math.Mod(float64(i)*0.618034, 1))
	}
	numbers := show("numbers without ties: two networks", sure, fine)
	for _, number := range numbers {
		check(math.Abs(number-tauA(sure, fine)) < 1e-12)
	}
	six := []float64{1, 2, 3, 4, 5, 6}
	fmt.Printf("six faces, all rated 3, beside 1 to 6: %.0f; beside 6 to 1: %.0f\n", stat.Kendall(same[:6], six, nil),
		stat.Kendall(same[:6], []float64{6, 5, 4, 3, 2, 1}, nil))
	check(stat.Kendall(same[:6], six, nil) == 1 && stat.Kendall(same[:6], []float64{6, 5, 4, 3, 2, 1}, nil) == -1)
	if !ok {
		os.Exit(1)
	}
}
END
go get gonum.org/v1/gonum@v0.17.0 github.com/montanaflynn/stats@v0.14.0 >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
go run .
cat <<'END'
gonum 0.17.0. Expected: pairs of equal ratings count nothing, in whatever order the faces come. Seen: they count as
agreement or disagreement by the order. So another Kendall, and the same faces in reverse in a test.
END
