package directory

import "testing"

func TestLegible(t *testing.T) {
	for in, want := range map[string]string{
		"Bob Stone":                   "Bob Stone",
		"":                            "",
		"\u202eenotS boB":             "enotS boB", // shown as "Bob Stone"
		"Bob\u200b \u2066Stone\u2069": "Bob Stone",
		"\ufeffB\u00ado\u2060b\u200f": "Bob",
		"Bo\u200db":                   "Bob", // no joiner of Latin
		"\u200d\u200c":                "",
		"A\u2028B\u2029C\U000e0041":   "ABC",
		"\u0645\u200c\u3164x":         "\u0645x",
		"\u3164":                      "",
		"\u0645\u06cc\u200c\u062e\u0648\u0627\u0647": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647", // Persian is written with it
		"\u0645\u202e\u200c\u062e":                   "\u0645\u200c\u062e",
		"\U0001f469\u200d\U0001f4bb":                 "\U0001f469\u200d\U0001f4bb", // one emoji of two
		"\u05de\u05e9\u05d4 Levi":                    "\u05de\u05e9\u05d4 Levi",
	} {
		if got := Legible(in); got != want {
			t.Errorf("Legible(%+q) is %+q, want %+q", in, got, want)
		}
	}
}
