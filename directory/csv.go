package directory

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
)

var csvColumns = []string{"display", "address", "note", "friend"}

// columnNames are what spreadsheets of others call the columns.
var columnNames = map[string]string{
	"display": "display", "name": "display", "display name": "display",
	"address": "address", "addresses": "address", "sip": "address", "number": "address", "phone": "address",
	"note": "note", "notes": "note",
	"friend": "friend",
}

// readCSV reads RFC 4180 and what spreadsheets make of it.
func readCSV(text string, reject func(line int, err error)) ([]row, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord = separator(text), -1
	header, err := r.Read()
	if err != nil {
		return nil, invalid("entry.no_header")
	}
	columns := make([]string, len(header))
	hasAddress := false
	for i, cell := range header {
		columns[i] = columnNames[strings.ToLower(strings.TrimSpace(uncell(cell)))]
		hasAddress = hasAddress || columns[i] == "address"
	}
	if !hasAddress {
		return nil, invalid("entry.no_address_column")
	}
	var rows []row
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			reject(wrong.StartLine, invalid("entry.bad_quotes"))
			continue
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		if strings.TrimSpace(strings.Join(cells, "")) == "" {
			continue
		}
		one, err := csvRow(columns, cells)
		if err != nil {
			reject(line, err)
			continue
		}
		one.line = line
		rows = append(rows, one)
	}
}

// separator is the one the header row has most of.
func separator(text string) rune {
	header, _, _ := strings.Cut(text, "\n")
	best := ','
	for _, c := range ";\t" {
		if strings.Count(header, string(c)) > strings.Count(header, string(best)) {
			best = c
		}
	}
	return best
}

func csvRow(columns, cells []string) (row, error) {
	var r row
	for i, cell := range cells {
		if i >= len(columns) {
			if strings.TrimSpace(cell) != "" {
				return row{}, invalid("entry.too_many_cells")
			}
			continue
		}
		cell = strings.TrimSpace(uncell(cell))
		switch columns[i] {
		case "display":
			r.Display = cell
		case "note":
			r.Note = cell
		case "address":
			for address := range strings.SplitSeq(cell, "|") {
				if address = strings.TrimSpace(address); address != "" {
					r.Addresses = append(r.Addresses, address)
				}
			}
		case "friend":
			switch strings.ToLower(cell) {
			case "yes", "true", "1", "x":
				r.Friend = true
			case "", "no", "false", "0":
			default:
				return row{}, invalid("entry.bad_friend", "cell", strconv.Quote(shorten(cell, 60)))
			}
		}
	}
	return r, nil
}

// ExportCSV writes the user's directory as ImportCSV reads it. No cell can
// begin a formula in a spreadsheet. It blocks for the store.
func (d *Directory) ExportCSV(ctx context.Context, user string, w io.Writer) error {
	b, err := d.readBook(ctx, user)
	if err != nil {
		return err
	}
	// Spreadsheets take a file without the mark for a local character set.
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return err
	}
	rows := [][]string{csvColumns}
	for _, e := range b.search("", false) {
		friend := map[bool]string{true: "yes", false: "no"}[e.Friend]
		rows = append(rows, []string{e.Display, strings.Join(e.Addresses, "|"), e.Note, friend})
	}
	for _, cells := range rows {
		if err := writeCSVRow(w, cells); err != nil {
			return err
		}
	}
	return nil
}

// writeCSVRow quotes every cell, unlike encoding/csv: a spreadsheet that takes
// semicolons for separators must not find a second cell inside of one.
func writeCSVRow(w io.Writer, cells []string) error {
	quoted := make([]string, len(cells))
	for i, c := range cells {
		quoted[i] = `"` + strings.ReplaceAll(cell(c), `"`, `""`) + `"`
	}
	_, err := io.WriteString(w, strings.Join(quoted, ",")+"\r\n")
	return err
}

// formulaStarts are what makes a spreadsheet take a cell for a formula, and
// the apostrophe that keeps it from doing so.
const formulaStarts = "=+-@\t\r\n'"

func cell(s string) string {
	if s != "" && strings.Contains(formulaStarts, s[:1]) {
		return "'" + s
	}
	return s
}

// uncell undoes cell.
func uncell(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.Contains(formulaStarts, s[1:2]) {
		return s[1:]
	}
	return s
}
