package message

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseParams(t *testing.T) {
	tests := []struct {
		in   string
		sep  byte
		want []Param
	}{
		{`a=b, c="d e",F = g`, ',', []Param{{"a", "b"}, {"c", "d e"}, {"f", "g"}}},
		{`a="x\"y\\z",,b`, ',', []Param{{"a", `x"y\z`}, {"b", ""}}},
		{
			`+sip.instance="<urn:uuid:1;2=3,4>";Reg-Id=1;ob`, ';',
			[]Param{{"+sip.instance", "<urn:uuid:1;2=3,4>"}, {"reg-id", "1"}, {"ob", ""}},
		},
		{"\ta=b\r\n , c=d", ',', []Param{{"a", "b"}, {"c", "d"}}},
		{"", ',', nil},
		{"a=", ',', []Param{{"a", ""}}},
	}
	for _, tt := range tests {
		got, err := ParseParams(tt.in, tt.sep)
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("parseParams(%q): %v, %v; want %v", tt.in, got, err, tt.want)
		}
	}
	for _, bad := range []string{`a="b`, `a="b\"`, `=b`, `a b`, `a="b"c`, strings.Repeat("a,", paramsMax+1)} {
		if got, err := ParseParams(bad, ','); err == nil {
			t.Errorf("parseParams(%q) = %v, want an error", bad, got)
		}
	}
}

// What was written with quotes is read back as it was.
func FuzzParams(f *testing.F) {
	f.Add("a", `b"\c`)
	f.Fuzz(func(t *testing.T, name, value string) {
		if strings.ContainsAny(name, "=\"; \t\r\n") || name == "" || strings.ToLower(name) != name {
			t.Skip()
		}
		quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value)
		got, err := ParseParams(name+`="`+quoted+`"; x`, ';')
		if err != nil || len(got) != 2 || got[0] != (Param{name, value}) {
			t.Errorf("%q=%q: %v, %v", name, value, got, err)
		}
		_, _ = ParseParams(value, ',')
		for _, v := range SplitList(value) {
			if v == "" {
				t.Error("an empty element")
			}
		}
	})
}
