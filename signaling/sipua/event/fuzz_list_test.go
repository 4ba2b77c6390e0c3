package event

import (
	"encoding/xml"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"ringsplash/presence"
)

const pidfBusy = `<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:bob@example.test">` +
	`<tuple id="x"><status><basic>open</basic></status><note>n</note></tuple><dm:person xmlns:dm="urn:ietf:params:xml:ns:pidf:` +
	`data-model" id="p"><r:activities xmlns:r="urn:ietf:params:xml:ns:pidf:rpid"><r:meeting/></r:activities></dm:person></presence>`

// FuzzPublished reads any body of a PUBLISH: what is read is one of our states,
// bounded, and the same when we tell it to others.
func FuzzPublished(f *testing.F) {
	f.Add(pidfType, []byte(pidfBusy))
	f.Add(pidfType+";charset=utf-8", []byte(strings.Replace(pidfBusy, "meeting", "away", 1)))
	f.Add(pidfType, []byte(`<?xml version="1.0" encoding="ISO-8859-1"?><presence><note>`+"\xfc"+`</note></presence>`))
	f.Add("text/plain", []byte("busy"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		p, no := readPublished(kind, body)
		if no != nil {
			if no.Status != 400 && no.Status != 415 {
				t.Fatalf("refused with %d", no.Status)
			}
			return
		}
		switch p.State {
		case "", presence.Call, presence.Busy, presence.Away:
		default:
			t.Fatalf("state %q", p.State)
		}
		if len(p.Note) > maxNote || !utf8.ValidString(p.Note) {
			t.Fatalf("note %q", p.Note)
		}
		if p.State == "" {
			return
		}
		told := pidf("sip:a@b", presence.View{State: p.State, Note: p.Note})
		again, no := readPIDF([]byte(told))
		if no != nil || again.State != p.State || again.Note != strings.TrimSpace(p.Note) {
			t.Fatalf("%+v becomes %+v by\n%s", p, again, told)
		}
	})
}

// FuzzFeature reads any body of a SUBSCRIBE for feature keys.
func FuzzFeature(f *testing.F) {
	set := `<SetDoNotDisturb xmlns="` + csta + `"><device/><doNotDisturbOn>true</doNotDisturbOn></SetDoNotDisturb>`
	for _, body := range []string{set, strings.Replace(set, "true", "0", 1), "<SetForwarding/>", "<!DOCTYPE x>" + set, "<"} {
		f.Add(featureType, []byte(body))
	}
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		on, no := readDND(kind, body)
		if no != nil && (on || no.Status != 400 && no.Status != 403 && no.Status != 415) {
			t.Fatalf("%t, refused with %d", on, no.Status)
		}
	})
}

// FuzzList writes lists of people with any names and notes: the reader finds
// every member and document again, and nothing more.
func FuzzList(f *testing.F) {
	f.Add("Alice", "till five", uint8(3), true)
	f.Add("--list-token--\r\n", "\r\n--list-token\r\nContent-Type: text/html\r\n\r\n", uint8(2), false)
	f.Add(`"/><resource uri="sip:eve@b"/>`, "]]></note><!-- \x00", uint8(1), true)
	f.Fuzz(func(t *testing.T, name, note string, members uint8, whole bool) {
		members %= 8
		doc := rlmi{uri: "sip:friends+list@b", version: 7, whole: whole, token: "token2", host: "b"}
		for i := range int(members) {
			uri := "sip:u" + strconv.Itoa(i) + "@b"
			r := resource{uri: uri, name: name}
			if i%3 != 2 {
				r.body = look{kind: pidfType, text: pidf(uri, presence.View{State: presence.Busy, Note: note})}
			}
			doc.resources = append(doc.resources, r)
		}
		kind, params, err := mime.ParseMediaType(doc.look().kind)
		if err != nil || kind != "multipart/related" {
			t.Fatal(kind, err)
		}
		root, parts := partsOf(t, doc.look().text, params["boundary"])
		if root.Full != whole || root.Version != 7 || len(root.Members) != int(members) || parts != (int(members)*2+2)/3 {
			t.Fatalf("%+v and %d parts of %d members", root, parts, members)
		}
		for _, m := range root.Members {
			if want := escaped(name); name != "" && escaped(m.Name) != want && !strings.Contains(want, "\uFFFD") {
				t.Fatalf("%q becomes %q", name, m.Name)
			}
		}
	})
}

type listRead struct {
	Version int  `xml:"version,attr"`
	Full    bool `xml:"fullState,attr"`
	Members []struct {
		Name string `xml:"name"`
	} `xml:"resource"`
}

// partsOf reads a body, and how many documents stand beside its root.
func partsOf(t *testing.T, body, boundary string) (root listRead, parts int) {
	t.Helper()
	r := multipart.NewReader(strings.NewReader(body), boundary)
	for {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return root, parts - 1
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		if parts++; parts == 1 {
			if err := xml.Unmarshal(text, &root); err != nil {
				t.Fatalf("%v in\n%s", err, text)
			}
		} else if err := xml.Unmarshal(text, new(struct{})); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
}
