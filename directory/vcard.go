package directory

import (
	"context"
	"errors"
	"io"
	"mime/quotedprintable"
	"strconv"
	"strings"

	"github.com/emersion/go-vcard"
)

// friendCategory marks friends in an exported card, for people and other
// programs; it is not read.
const friendCategory = "Friend"

// readVCards takes the file apart itself, so that what is wrong has its line.
func readVCards(text string, reject func(line int, err error)) ([]row, error) {
	var rows []row
	cards := cutCards(text, reject)
	if len(cards) == 0 && !strings.Contains(strings.ToUpper(text), "BEGIN:VCARD") {
		return nil, invalid("entry.no_vcard")
	}
	for _, c := range cards {
		card, err := vcard.NewDecoder(strings.NewReader(c.text)).Decode()
		if err != nil {
			reject(c.line, invalid("entry.bad_card", "fault", strings.TrimPrefix(err.Error(), "vcard: ")))
			continue
		}
		r := cardRow(card)
		r.line = c.line
		if len(r.Addresses) == 0 {
			reject(c.line, invalid("entry.card_without_address", "name", strconv.Quote(shorten(r.Display, 60))))
			continue
		}
		rows = append(rows, r)
	}
	return rows, nil
}

type cardText struct {
	line int
	text string
}

// cutCards finds the cards in a file.
func cutCards(text string, reject func(line int, err error)) []cardText {
	var cards []cardText
	var lines []string
	begin, outside := 0, 0 // lines; 0 outside of a card, and when there was no text outside
	end := func() {
		if begin > 0 {
			reject(begin, invalid("entry.card_without_end"))
		}
		begin, lines = 0, nil
	}
	for _, l := range unfold(text) {
		switch mark := strings.ToUpper(strings.TrimSpace(l.text)); {
		case mark == "BEGIN:VCARD":
			end()
			begin, lines = l.line, []string{mark}
		case begin == 0:
			if mark != "" && outside == 0 {
				outside = l.line
				reject(l.line, invalid("entry.text_outside"))
			}
		case mark == "END:VCARD":
			cards = append(cards, cardText{begin, strings.Join(append(lines, mark), "\r\n") + "\r\n"})
			begin, lines = 0, nil
		default:
			lines = append(lines, modern(l.text))
		}
	}
	end()
	return cards
}

// unfold joins what belongs to one line: that which begins with white space
// (RFC 6350 3.2), and quoted-printable that goes on in the next line. The
// library would take a long time for a long one.
func unfold(text string) []cardText {
	var lines []cardText
	var parts []string
	begin, n := 0, 0
	flush := func() {
		if begin > 0 {
			lines = append(lines, cardText{begin, strings.Join(parts, "")})
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		n++
		line = strings.TrimSuffix(line, "\r")
		last := len(parts) - 1
		switch {
		case last >= 0 && strings.HasSuffix(parts[last], "=") && quotedPrintable(parts[0]):
			parts[last] = strings.TrimSuffix(parts[last], "=")
			parts = append(parts, line)
		case last >= 0 && line != "" && (line[0] == ' ' || line[0] == '\t'):
			parts = append(parts, line[1:])
		default:
			flush()
			begin, parts = n, []string{line}
		}
	}
	flush()
	return lines
}

func quotedPrintable(line string) bool {
	head, _, _ := strings.Cut(line, ":")
	return strings.Contains(strings.ToUpper(head)+";", "QUOTED-PRINTABLE;")
}

// modern writes a line as the library reads it: the bare parameters of vCard
// 2.1 (TEL;CELL:...) as all later versions have them (TEL;TYPE=CELL:...), and
// escapes it does not know (RFC 6350 3.4) undone.
func modern(line string) string {
	head, value, ok := strings.Cut(line, ":")
	if !ok || strings.ContainsAny(head, "\"") {
		return line
	}
	params := strings.Split(head, ";")
	for i, p := range params[1:] {
		switch {
		case p == "" || strings.Contains(p, "="):
		case strings.EqualFold(p, "QUOTED-PRINTABLE"):
			params[i+1] = "ENCODING=" + p
		default:
			params[i+1] = "TYPE=" + p
		}
	}
	name := strings.ToUpper(params[0][strings.LastIndex(params[0], ".")+1:])
	if name != vcard.FieldName { // whose parts have semicolons between them
		value = escapes.Replace(value)
	}
	return strings.Join(params, ";") + ":" + value
}

var escapes = strings.NewReplacer(`\\`, `\\`, `\;`, ";", `\N`, `\n`)

func cardRow(card vcard.Card) row {
	var r row
	for _, key := range []string{vcard.FieldFormattedName, vcard.FieldName, vcard.FieldNickname, vcard.FieldOrganization} {
		if r.Display = display(key, card[key]); r.Display != "" {
			break
		}
	}
	var notes []string
	for _, f := range card[vcard.FieldNote] {
		notes = append(notes, valueOf(f))
	}
	r.Note = strings.Join(notes, "\n")
	// RFC 6350 6.4.3: any URI; those of other networks are of no use here.
	for _, f := range card[vcard.FieldIMPP] {
		uri := strings.TrimSpace(valueOf(f))
		if scheme, _, _ := strings.Cut(strings.ToLower(uri), ":"); scheme == "sip" || scheme == "sips" || scheme == "tel" {
			r.Addresses = append(r.Addresses, uri)
		}
	}
	for _, key := range []string{"X-SIP", vcard.FieldTelephone} {
		for _, f := range card[key] {
			if address := strings.TrimSpace(valueOf(f)); address != "" {
				r.Addresses = append(r.Addresses, address)
			}
		}
	}
	return r
}

// display is the first value that can be shown. A structured one has the
// family name first and is turned round (RFC 6350 6.2.2).
func display(key string, fields []*vcard.Field) string {
	for _, f := range fields {
		text := valueOf(f)
		if key == vcard.FieldName {
			parts := strings.Split(f.Value, ";")
			if len(parts) > 1 {
				parts[0], parts[1] = parts[1], parts[0]
				parts = parts[:2]
			}
			text = strings.Join(parts, " ")
		}
		if text = strings.Join(strings.Fields(text), " "); text != "" {
			return text
		}
	}
	return ""
}

// valueOf undoes the quoted-printable of vCard 2.1.
func valueOf(f *vcard.Field) string {
	if !strings.EqualFold(f.Params.Get("ENCODING"), "QUOTED-PRINTABLE") {
		return f.Value
	}
	text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(f.Value)))
	if err != nil {
		return f.Value
	}
	return strings.ToValidUTF8(string(text), "?")
}

// ExportVCard writes the user's directory as vCard 4.0 (RFC 6350). It blocks
// for the store.
func (d *Directory) ExportVCard(ctx context.Context, user string, w io.Writer) error {
	b, err := d.readBook(ctx, user)
	if err != nil {
		return err
	}
	enc := vcard.NewEncoder(w)
	var errs []error
	for _, e := range b.search("", false) {
		errs = append(errs, enc.Encode(cardOf(e.Entry)))
	}
	return errors.Join(errs...)
}

func cardOf(e Entry) vcard.Card {
	card := vcard.Card{}
	card.SetValue(vcard.FieldVersion, "4.0")
	card.Add(vcard.FieldUID, &vcard.Field{Value: e.ID, Params: vcard.Params{vcard.ParamValue: {"text"}}})
	card.SetValue(vcard.FieldFormattedName, e.Display)
	for _, address := range e.Addresses {
		if strings.HasPrefix(address, "tel:") {
			card.Add(vcard.FieldTelephone, &vcard.Field{Value: address, Params: vcard.Params{vcard.ParamValue: {"uri"}}})
		} else {
			card.AddValue(vcard.FieldIMPP, address)
		}
	}
	if e.Note != "" {
		card.SetValue(vcard.FieldNote, e.Note)
	}
	if e.Friend {
		card.SetValue(vcard.FieldCategories, friendCategory)
	}
	return card
}
