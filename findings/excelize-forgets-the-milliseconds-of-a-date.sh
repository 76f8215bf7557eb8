#!/usr/bin/env bash
# excelize 2.11.1 (Go): a time with its date, formatted as yyyy-mm-dd hh:mm:ss.000, is read without its milliseconds:
# .120 is .000, and .700 is the next second.
#
# Expected: what Excel shows by that format. The same time without a date, by hh:mm:ss.000, is right: 10:15:30.700.
# Seen: from a day on GetCellValue and GetRows round to whole seconds before the format is looked at, and then print the
#   milliseconds of that, which are always .000. The number in the file has them, and ExcelDateToTime rounds it as well.
#   When a photo was taken, or a face in a film seen, comes out up to half a second early or late; of a burst of photos
#   some have the same time, and a join by time with the sender's own table finds hardly a row.
# So: GetCellValue with RawCellValue: true, and the day's fraction times 86,400,000, rounded; or milliseconds in a
#   column of their own. In a test a time of .700.
set -euo pipefail
command -v go >/dev/null || { echo "Needs go 1.26 or newer" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOPATH=$folder/go GOCACHE=$folder/cache GOFLAGS=-modcacherw
printf 'module looks\n\ngo 1.26\n' >go.mod
cat >main.go <<'END'
package main

import (
	"fmt"
	"log"
	"math"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	book := excelize.NewFile()
	format := func(text string) int { return must(book.NewStyle(&excelize.Style{CustomNumFmt: &text})) }
	dated, timed := format("yyyy-mm-dd hh:mm:ss.000"), format("hh:mm:ss.000")
	write := func(cell string, value any, style int) {
		if err := book.SetCellValue("Sheet1", cell, value); err != nil {
			log.Fatal(err)
		}
		if err := book.SetCellStyle("Sheet1", cell, cell, style); err != nil {
			log.Fatal(err)
		}
	}
	seen := []int{0, 120, 480, 520, 700, 999}
	start := time.Date(2026, 12, 1, 10, 15, 30, 0, time.UTC)
	for row, milliseconds := range seen {
		late := time.Duration(milliseconds) * time.Millisecond
		write(fmt.Sprintf("A%d", row+1), start.Add(late), dated)
		write(fmt.Sprintf("B%d", row+1), start.Sub(start.Truncate(24*time.Hour))+late, timed)
	}
	fmt.Println("milliseconds  with its date            without        from the number  ExcelDateToTime")
	for row, cells := range must(book.GetRows("Sheet1")) {
		number := must(book.GetCellValue("Sheet1", fmt.Sprintf("A%d", row+1), excelize.Options{RawCellValue: true}))
		days := must(strconv.ParseFloat(number, 64))
		kept := int(math.Round(days*86_400_000)) % 60_000
		read := must(excelize.ExcelDateToTime(days, false))
		fmt.Printf("%12d  %s  %s  %11d ms  %s\n", seen[row], cells[0], cells[1], kept, read.Format("15:04:05.000"))
		rounded := start.Add(time.Duration(seen[row]) * time.Millisecond).Round(time.Second)
		switch {
		case cells[0] != rounded.Format("2006-01-02 15:04:05.000"):
			log.Fatal("with its date it was rounded to seconds")
		case cells[1] != fmt.Sprintf("10:15:30.%03d", seen[row]):
			log.Fatal("without its date it was right")
		case kept != 30_000+seen[row]:
			log.Fatal("the number has the milliseconds")
		case !read.Equal(rounded):
			log.Fatal("ExcelDateToTime rounded to seconds")
		}
	}
}
END
go get github.com/xuri/excelize/v2@v2.11.1 >go.log 2>&1 || { cat go.log >&2; exit 1; }
go run .
cat <<'END'
excelize 2.11.1. Expected: the milliseconds that the format asks for. Seen: none of a time with its date, .000 of the
nearest second. So take the raw number.
END
